"""The commonest words of the languages that `analysis` stems: too frequent to find anything by.

They serve twice: passages and questions lose them, and a text's language is told by them. Spelled as
`analysis` sees words: casefolded, split at apostrophes. Short on purpose, since a word that is missing here
costs little (BM25 gives it a small weight) while one too many cannot be searched for.
"""

from collections.abc import Mapping
from types import MappingProxyType

_WORDS = {
    "ar": "في من على إلى عن مع هذا هذه ذلك التي الذي هو هي ما لا أن إن كان كانت كيف هل متى أين ماذا "
    "لماذا أو ثم كل قد لم لن",
    "da": "og i at det er en til på som af for den med de der ikke et har jeg om var vi fra men sig "
    "så kan hvad hvordan hvorfor hvornår hvor hvem hvilken hvilke ved blev eller du han hun "
    "skal vil man være mellem dette disse",
    "de": "der die das und in zu den von mit ist des im für auf dem nicht ein eine als auch es an "
    "werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum "
    "war haben nur oder aber vor zur bis mehr durch man sein wurde sei wenn ich ihr kann was "
    "wer wo wann warum wieso welche welcher welches welchem welchen wurden hatte diese dieser "
    "dieses diesen unter eines gibt es sich wir mir mich du dir dich ihm ihn ihre ihrer seine "
    "seiner mein meine soll sollte können muss wozu womit worin wofür wie viele wessen wem wen",
    "el": "και το να του η της με που την από για τα είναι των σε ο οι στο θα τη τον στην τους δεν "
    "τις ένα μια ότι ως πώς πως τι ποιος ποια ποιο πότε πού γιατί ή αν στη στον στα",
    "en": "a about also am an and any are aren as at be been being between both but by can could d "
    "did didn do does doesn doing don during each for from had has have he her his how i if in "
    "into is isn it its just ll m me more most my of on only or other our ours re s she should "
    "so some such t than that the their them then there these they this those through to too us "
    "ve very was wasn we were weren what when where which while who whom whose why will with "
    "would you your yours",
    "es": "de la que el en y a los del se las por un para con no una su al lo como más pero sus le ya "
    "o este sí porque esta entre cuando muy sin sobre también me hasta hay donde quien desde "
    "todo nos durante qué cómo cuál cuáles cuándo dónde quién por qué es son fue ser era está "
    "están cuánto cuántos cuántas ha han ese esa eso",
    "fi": "ja on ei että se oli hän mutta ovat kun niin tai jos joka ole mitä miten miksi milloin "
    "missä kuka mikä mukaan myös kuin ne olla sen sitä tämä tämän hänen joita jotka ovatko onko "
    "ollut minkä",
    "fr": "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il "
    "sont avec son ou aux d l s c n qu j m t y cette ces ses sa leur leurs mais comme on nous "
    "vous elle ils elles je tu été être fait ont quel quelle quels quelles comment pourquoi "
    "quand où quoi dont si entre était sans même combien",
    "hu": "a az és hogy nem is egy ez de van volt mi ki mit hogyan miért mikor hol melyik vagy meg "
    "csak már mint ha el még lehet ezt azt akkor kell milyen hány ami aki amely",
    "it": "di e il la che in a per un è del non una con i si le da al sono della dei come ma anche lo "
    "nel alla più o gli se delle ha d l dell all nell questo questa cosa chi quando dove perché "
    "quale quali quanto quanti quante era stato essere cui degli dal dalla nella tra fra su sul "
    "sulla ci mi ti",
    "nl": "de en van het een in is dat op te zijn met voor niet die aan er om ook als dan maar bij of "
    "uit nog door naar heeft hebben ze hij wat hoe waarom wanneer waar wie welke welk wordt "
    "worden was werd over tot je ik u kan deze dit hun zich geen moet hoeveel",
    "no": "og i det er en til på som av for den med de der ikke et har jeg om var vi fra men seg så "
    "kan hva hvordan hvorfor når hvor hvem hvilken hvilke ved ble eller du han hun skal vil man "
    "være mellom dette disse å",
    "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao "
    "ele das tem à seu sua ou ser quando muito há nos já está também só pelo pela até isso ela "
    "entre era depois sem mesmo aos ter seus quem nas me esse eles qual quais onde porque por "
    "quê quanto quantos quantas são",
    "ro": "și de în a la cu o pe un că este nu din mai care pentru sau au fi ce se cum când unde cine "
    "sunt fost dar ca prin după cel cea cei cele al ale lui ei îi îl le să are această acest "
    "acesta câte cât despre",
    "ru": "и в не на что с как по это он она они к из но за то все так его её от о у же для бы мы вы "
    "ты я был была было были быть есть или если когда где кто какой какая какие каков почему "
    "зачем чем при до ли их ее который которая которые сколько этот эта этого",
    "sv": "och i att det är en som på av för med den till de inte ett har jag om var vi från men sig "
    "så kan vad hur varför när där vem vilken vilka vilket vid blev eller du han hon ska vill "
    "man vara mellan detta dessa",
    "ta": "ஒரு என்று மற்றும் இந்த இது என்ற கொண்டு என்பது பல ஆகும் அல்லது அவர் நான் உள்ள அந்த இவர் என "
    "முதல் என்ன எப்படி ஏன் எங்கே யார்",
    "tr": "ve bir bu da de için ile ne mi mı mu mü çok daha olan olarak gibi en o ama ya değil kadar "
    "nasıl neden niçin nerede kim hangi her şey ki var yok olduğu ise sonra",
}

STOP_WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {language: frozenset(words.split()) for language, words in _WORDS.items()}
)
