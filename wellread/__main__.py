from wellread.cli.main import main

main()
