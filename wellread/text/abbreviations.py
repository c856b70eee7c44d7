"""Words that tell, before or after a full stop, whether it ends a sentence.

English and German, some French and Spanish. All are in lower case and without their last full stop.
"""


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Always followed by more of the same sentence.
GOES_ON = _listed("""
dr mr mrs mt rep sen col maj atty dist v ms mme mlle prof hon gen gov capt lt sgt messrs vs e.g i.e eg
ie cf viz ca approx resp incl excl esp al st z.b d.h s.o s.u o.ä u.u z.t i.d.r m.e v.a bzw vgl ggf evtl
sog inkl exkl bspw hr fr dipl ing hrsg p.ex
""")

# Followed by a number or a letter that names something ("Fig. 3", "No. 5", "App. B"); else an ordinary word.
NUMBERED = _listed("""
no nos nr fig figs eq eqs eqn sec secs sect ch chap vol vols p pp pg art arts par app appx ex ed ver v
rev ref refs tab abb kap bd s z rfc pt ll
""")

# May end a sentence; before a capital they do.
MAY_END = _listed("etc cent usw usf a.m p.m am pm b.c a.d uvm u.v.m")

# May end a sentence or stand before a name; only an ordinary sentence opener tells that they end one.
BEFORE_NAMES = _listed("""
inc ltd co corp jr sr bros dept univ assoc est jan feb mar apr jun jul aug sep sept oct nov dec okt dez
mär mon tue tues wed thu thur thurs fri sat sun u.a eds trans str max min avg misc
""")

SENTENCE_OPENERS = _listed("""
the a an this that these those it its he she we they you i his her our their your my there here in on at
to for from with by as if when while since although though because after before until once during
however but and or so then thus hence therefore moreover furthermore also instead what how why who where
which is are was were do does did can could should would will may might must have has most many some all
each every both no not one two only even let use see note now next finally first second another such
unlike like despite according der die das den dem ein eine einen dies diese dieser dieses er sie es wir
ihr ich man im am an auf aus bei mit nach von vor zu zum zur wenn weil da dann aber und oder doch daher
deshalb danach hier dort jedoch auch le la les un une ce cette ces il elle nous vous ils elles dans pour
mais et si el los las una esto en por
""")

# "am 3. Oktober", "im 19. Jahrhundert": the full stop makes an ordinal.
AFTER_ORDINAL = _listed("""
januar jänner februar märz april mai juni juli august september oktober november dezember jan feb mär
apr jun jul aug sep okt nov dez jahrhundert jahrhunderts jahrhunderte kapitel auflage abschnitt teil
platz stock klasse generation weltkrieg weltkriegs mal tag tages woche geburtstag jahrestag ordnung
grades
""")
