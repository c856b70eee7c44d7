"""A paragraph in each of many languages, and the encodings that files in it were kept in before UTF-8."""

PARAGRAPHS = {
    "Polish": (
        "Wczoraj wieczorem stary kapitan wrócił do portu. Jego żona czekała na niego przy oknie z lampą w ręku. "
        "Przez całą noc padał deszcz, a wiatr łamał gałęzie drzew nad rzeką. Rano dzieci znalazły na brzegu "
        "skrzynię pełną książek. Były wśród nich podręczniki żeglarskie, słowniki i zbiór wierszy. Nikt nie "
        "wiedział, skąd przypłynęły ani do kogo należały. Nauczyciel wysuszył je przy piecu i zaniósł do szkoły. "
        "Od tego dnia każdy uczeń mógł pożyczyć jedną książkę na tydzień."
    ),
    "Czech": (
        "Včera večer se starý kapitán vrátil do přístavu. Jeho žena na něj čekala u okna s lampou v ruce. Celou noc "
        "pršelo a vítr lámal větve stromů nad řekou. Ráno našly děti na břehu bednu plnou knih. Byly mezi nimi "
        "učebnice mořeplavby, slovníky a sbírka básní. Nikdo nevěděl, odkud připluly ani komu patřily. Učitel je "
        "usušil u kamen a odnesl do školy. Od toho dne si každý žák mohl půjčit jednu knihu na týden."
    ),
    "Hungarian": (
        "Tegnap este az öreg kapitány visszatért a kikötőbe. Felesége lámpával a kezében várta az ablaknál. Egész "
        "éjjel esett az eső, és a szél letördelte a folyó fölé hajló fák ágait. Reggel a gyerekek könyvekkel teli "
        "ládát találtak a parton. Volt köztük hajózási kézikönyv, szótár és verseskötet. Senki sem tudta, honnan "
        "jöttek és kié voltak. A tanító a kályha mellett megszárította őket, és elvitte az iskolába. Attól a naptól "
        "kezdve minden tanuló kikölcsönözhetett egy könyvet egy hétre."
    ),
    "Romanian": (  # with the cedillas that the old encodings have
        "Aseară bătrânul căpitan s-a întors în port. Soţia lui îl aştepta la fereastră cu lampa în mână. Toată "
        "noaptea a plouat, iar vântul rupea crengile copacilor de pe malul râului. Dimineaţa copiii au găsit pe ţărm "
        "o ladă plină cu cărţi. Erau printre ele manuale de navigaţie, dicţionare şi un volum de poezii. Nimeni nu "
        "ştia de unde veniseră şi cui îi aparţineau. Învăţătorul le-a uscat lângă sobă şi le-a dus la şcoală. Din "
        "ziua aceea fiecare elev putea să împrumute o carte pe săptămână."
    ),
    "Greek": (
        "Χθες το βράδυ ο γέρος καπετάνιος γύρισε στο λιμάνι. Η γυναίκα του τον περίμενε στο παράθυρο με μια λάμπα στο "
        "χέρι. Όλη τη νύχτα έβρεχε και ο άνεμος έσπαγε τα κλαδιά των δέντρων πάνω από το ποτάμι. Το πρωί τα παιδιά "
        "βρήκαν στην ακτή ένα κιβώτιο γεμάτο βιβλία. Ανάμεσά τους υπήρχαν εγχειρίδια ναυσιπλοΐας, λεξικά και μια "
        "συλλογή ποιημάτων. Κανείς δεν ήξερε από πού είχαν έρθει ούτε σε ποιον ανήκαν. Ο δάσκαλος τα στέγνωσε δίπλα "
        "στη σόμπα και τα πήγε στο σχολείο. Από εκείνη την ημέρα κάθε μαθητής μπορούσε να δανειστεί ένα βιβλίο την "
        "εβδομάδα."
    ),
    "Turkish": (
        "Dün akşam yaşlı kaptan limana döndü. Karısı elinde lambayla pencerede onu bekliyordu. Bütün gece yağmur "
        "yağdı ve rüzgâr ırmağın üzerindeki ağaçların dallarını kırdı. Sabahleyin çocuklar kıyıda kitap dolu bir "
        "sandık buldular. İçinde denizcilik kitapları, sözlükler ve bir şiir derlemesi vardı. Nereden geldiklerini "
        "ve kime ait olduklarını kimse bilmiyordu. Öğretmen onları sobanın yanında kurutup okula götürdü. O günden "
        "sonra her öğrenci haftada bir kitap ödünç alabildi."
    ),
    "Hebrew": (
        "אתמול בערב חזר רב החובל הזקן אל הנמל. אשתו חיכתה לו ליד החלון ומנורה בידה. כל הלילה ירד גשם והרוח שברה את "
        "ענפי העצים שמעל הנהר. בבוקר מצאו הילדים על החוף תיבה מלאה ספרים. היו ביניהם ספרי ימאות, מילונים וקובץ "
        "שירים. איש לא ידע מאין באו ולמי היו שייכים. המורה ייבש אותם ליד התנור והביא אותם לבית הספר. מאותו יום יכול "
        "היה כל תלמיד לשאול ספר אחד לשבוע."
    ),
    "Arabic": (
        "عاد القبطان العجوز إلى الميناء مساء أمس. كانت زوجته تنتظره عند النافذة وفي يدها مصباح. ظل المطر يهطل طوال "
        "الليل وكسرت الريح أغصان الأشجار فوق النهر. في الصباح وجد الأطفال على الشاطئ صندوقا مليئا بالكتب. كان بينها "
        "كتب في الملاحة ومعاجم وديوان شعر. لم يعرف أحد من أين جاءت ولا لمن كانت. جففها المعلم قرب الموقد وحملها إلى "
        "المدرسة. ومنذ ذلك اليوم صار كل تلميذ يستعير كتابا في الأسبوع."
    ),
    "Korean": (
        "어제 저녁 늙은 선장이 항구로 돌아왔다. 그의 아내는 손에 등불을 들고 창가에서 그를 기다리고 있었다. "
        "밤새 비가 내렸고 바람이 강가의 나뭇가지를 부러뜨렸다. 아침에 아이들은 바닷가에서 책이 가득 든 "
        "상자를 발견했다. 그 안에는 항해 안내서와 사전과 시집이 있었다. 그것들이 어디에서 왔고 누구의 "
        "것인지 아무도 몰랐다. 선생님은 난로 옆에서 책을 말려 학교로 가져갔다. "
        "그날부터 학생들은 일주일에 한 권씩 책을 빌릴 수 있었다."
    ),
    "traditional Chinese": (
        "昨天傍晚，老船長回到了港口。他的妻子手裡提著燈，在窗邊等他。整夜下著雨，風吹斷了河邊的樹枝。早上孩子們在岸邊發現了"
        "一個裝滿書的箱子。裡面有航海手冊、字典和一本詩集。沒有人知道它們從哪裡來，也不知道是誰的。老師把書放在爐子旁邊烘乾，"
        "帶到學校去。從那天起，每個學生每個星期都可以借一本書。"
    ),
    "simplified Chinese": (
        "昨天傍晚，老船长回到了港口。他的妻子手里提着灯，在窗边等他。整夜下着雨，风吹断了河边的树枝。早上孩子们在岸边发现了"
        "一个装满书的箱子。里面有航海手册、字典和一本诗集。没有人知道它们从哪里来，也不知道是谁的。老师把书放在炉子旁边烘干，"
        "带到学校去。从那天起，每个学生每个星期都可以借一本书。"
    ),
    "Japanese": (
        "昨日の夕方、年老いた船長が港に帰ってきた。妻はランプを手に窓辺で彼を待っていた。一晩中雨が降り、風が川のほとりの木の枝を"
        "折った。朝、子どもたちは岸辺で本のいっぱい入った箱を見つけた。中には航海の手引きや辞書、詩集があった。どこから来たのか、"
        "誰のものなのか、誰も知らなかった。先生はストーブのそばで本を乾かし、学校へ持っていった。その日から、生徒は一週間に一冊ずつ"
        "本を借りることができるようになった。"
    ),
    "Russian": (
        "Вчера вечером старый капитан вернулся в порт. Жена ждала его у окна с лампой в руке. Всю ночь шёл дождь, и "
        "ветер ломал ветви деревьев над рекой. Утром дети нашли на берегу ящик, полный книг. Среди них были учебники "
        "мореплавания, словари и сборник стихов. Никто не знал, откуда они приплыли и кому принадлежали. Учитель "
        "высушил их у печи и отнёс в школу. С того дня каждый ученик мог взять одну книгу на неделю."
    ),
    "Ukrainian": (
        "Учора ввечері старий капітан повернувся до порту. Дружина чекала на нього біля вікна з лампою в руці. Усю "
        "ніч ішов дощ, і вітер ламав гілки дерев над річкою. Уранці діти знайшли на березі скриню, повну книжок. "
        "Серед них були підручники з мореплавства, словники та збірка віршів. Ніхто не знав, звідки вони припливли "
        "й кому належали. Учитель висушив їх біля печі та відніс до школи. Відтоді кожен учень міг узяти одну "
        "книжку на тиждень."
    ),
    "French": (
        "Hier soir, le vieux capitaine est revenu au port. Sa femme l'attendait à la fenêtre, une lampe à la main. "
        "Toute la nuit, il a plu et le vent a cassé les branches des arbres au-dessus de la rivière. Le matin, les "
        "enfants ont trouvé sur la grève une caisse pleine de livres. Il y avait là des manuels de navigation, des "
        "dictionnaires et un recueil de poèmes. Personne ne savait d'où ils venaient ni à qui ils étaient. Le maître "
        "les a séchés près du poêle et les a portés à l'école. Dès ce jour, chaque élève a pu emprunter un livre par "
        "semaine."
    ),
    "German": (
        "Gestern Abend kehrte der alte Kapitän in den Hafen zurück. Seine Frau wartete mit einer Lampe in der Hand am "
        "Fenster auf ihn. Die ganze Nacht über regnete es, und der Wind brach die Äste der Bäume über dem Fluss. Am "
        "Morgen fanden die Kinder am Ufer eine Kiste voller Bücher. Es waren Handbücher der Seefahrt darunter, "
        "Wörterbücher und ein Gedichtband. Niemand wusste, woher sie kamen und wem sie gehörten. Der Lehrer trocknete "
        "sie am Ofen und trug sie in die Schule. Von da an durfte jeder Schüler ein Buch für eine Woche ausleihen."
    ),
    "Spanish": (
        "Ayer por la tarde el viejo capitán volvió al puerto. Su mujer lo esperaba junto a la ventana con una lámpara "
        "en la mano. Toda la noche llovió y el viento rompió las ramas de los árboles sobre el río. Por la mañana los "
        "niños encontraron en la orilla un cajón lleno de libros. ¿De dónde venían? Nadie lo sabía. El maestro los "
        "secó junto a la estufa y los llevó a la escuela. Desde aquel día cada alumno pudo llevarse un libro por "
        "semana."
    ),
    "Swedish": (
        "I går kväll kom den gamle kaptenen tillbaka till hamnen. Hans hustru väntade på honom vid fönstret med en "
        "lampa i handen. Hela natten regnade det, och vinden bröt grenarna på träden över ån. På morgonen hittade "
        "barnen en låda full med böcker på stranden. Bland dem fanns handböcker i sjöfart, ordböcker och en "
        "diktsamling. Ingen visste varifrån de kom eller vems de var. Läraren torkade dem vid kaminen och bar dem "
        "till skolan. Från den dagen fick varje elev låna en bok i veckan."
    ),
}  # fmt: skip
ENCODINGS = {
    "Polish": ("cp1250", "iso8859_2"),
    "Czech": ("cp1250", "iso8859_2"),
    "Hungarian": ("cp1250", "iso8859_2"),
    "Romanian": ("cp1250", "iso8859_2"),
    "Greek": ("cp1253", "iso8859_7"),
    "Turkish": ("cp1254", "iso8859_9"),
    "Hebrew": ("cp1255", "iso8859_8"),
    "Arabic": ("cp1256", "iso8859_6"),
    "Korean": ("euc_kr", "cp949"),
    "traditional Chinese": ("big5", "cp950", "gb18030"),
    "simplified Chinese": ("gbk", "gb18030"),
    "Japanese": ("shift_jis", "cp932", "euc_jp", "iso2022_jp"),
    "Russian": ("cp1251", "koi8_r", "iso8859_5", "cp866"),
    "Ukrainian": ("cp1251", "koi8_u"),
    "French": ("cp1252", "iso8859_1", "iso8859_15"),
    "German": ("cp1252", "iso8859_1"),
    "Spanish": ("cp1252", "iso8859_1"),
    "Swedish": ("cp1252", "iso8859_1"),
}
