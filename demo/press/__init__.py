"""The press of the demo library: turns Markdown sources into an EPUB, a PDF and a captioned video."""
