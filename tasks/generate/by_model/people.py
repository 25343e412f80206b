"""Invented people of several countries: a name, an age, a town and an occupation, drawn by a digest.

The lists hold common given names and surnames, real towns and ordinary occupations, so that a person is plausible and
nobody in particular. They are no statistics: every entry is as likely as another.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple, get_args

from tilth.fingerprint import draw

Locale = Literal["de_DE", "en_GB", "en_US", "es_ES", "fr_FR", "ja_JP", "pl_PL", "pt_BR", "tr_TR"]
LOCALES: tuple[Locale, ...] = get_args(Locale)

# What is drawn of a person.
_LOCALE, _SEX, _GIVEN, _FAMILY, _AGE, _CITY, _OCCUPATION = range(7)
# Somebody with an occupation is grown up; the lists have no schoolchildren and no pensioners.
YOUNGEST, OLDEST = 18, 67


class Person(NamedTuple):
    """An invented person; `given` and `family` stand in the order of the country in `name`."""

    name: str
    given: str
    family: str
    age: int
    city: str
    country: str
    occupation: str
    locale: str


class _Lists(NamedTuple):
    country: str
    women: str
    men: str
    families: str
    cities: str
    # Separated by commas; where the forms differ, a woman's stands before the slash.
    occupations: str


_PEOPLE: dict[Locale, _Lists] = {
    "de_DE": _Lists(
        "Deutschland",
        "Anna Claudia Elif Frieda Greta Hannah Ingrid Johanna Katrin Lena Miriam Petra Renate Sabine "
        "Ulrike Yasemin",
        "Andreas Bernd Christian Dieter Emre Felix Günter Holger Jonas Karl Lukas Matthias Paul Rolf "
        "Stefan Thomas",
        "Albrecht Bauer Brandt Demir Engel Fischer Graf Hartmann Jansen Keller Krüger Lehmann Möller "
        "Neumann Peters "
        "Richter Schreiber Seidel Vogel Winkler",
        "Augsburg, Bielefeld, Bremen, Chemnitz, Dortmund, Erfurt, Freiburg, Görlitz, Kassel, Kiel, "
        "Leipzig, Trier",
        "Altenpflegerin/Altenpfleger, Bäckerin/Bäcker, Bauingenieurin/Bauingenieur, Buchhalterin/Buchhalter, "
        "Elektrikerin/Elektriker, Försterin/Förster, Grundschullehrerin/Grundschullehrer, Köchin/Koch, "
        "Krankenpflegerin/Krankenpfleger, Landwirtin/Landwirt, Programmiererin/Programmierer, "
        "Steuerberaterin/Steuerberater",
    ),
    "en_GB": _Lists(
        "United Kingdom",
        "Aisha Alice Bronwen Catherine Charlotte Eleanor Fiona Gemma Harriet Imogen Jean Megan Nadia "
        "Priya Rosie Shona",
        "Alistair Ben Callum Dafydd Edward Gareth Harry Imran Jack Kieran Martin Neil Oliver Rhys Samuel "
        "Tariq",
        "Ahmed Bailey Barker Campbell Davies Evans Fletcher Griffiths Hughes Khan Lloyd Marsh Morgan "
        "Patel Reid "
        "Shaw Sutton Thornton Walsh Webb",
        "Aberdeen, Bristol, Cardiff, Carlisle, Derry, Exeter, Hull, Leeds, Leicester, Norwich, "
        "Stoke-on-Trent, Swansea",
        "accountant, baker, bus driver, care worker, chemist, civil engineer, electrician, farmer, "
        "librarian, "
        "nurse, primary school teacher, software developer, surveyor, vet",
    ),
    "en_US": _Lists(
        "United States",
        "Amber Brianna Carmen Denise Emily Grace Heather Jasmine Kayla Linda Maria Nicole Rachel Sharon "
        "Tanya Vanessa",
        "Aaron Brandon Carlos Darnell Eric Frank Greg Hector Jamal Kevin Luis Marcus Nathan Patrick Ryan "
        "Tyler",
        "Alvarez Bennett Carter Diaz Ellis Foster Gonzales Harper Jenkins Kim Lewis Martinez Nguyen Ortiz "
        "Parker "
        "Reynolds Sullivan Tran Washington Young",
        "Albuquerque, Baton Rouge, Boise, Cleveland, Des Moines, El Paso, Fresno, Knoxville, Omaha, "
        "Spokane, Toledo, Tulsa",
        "accountant, carpenter, dental hygienist, electrician, firefighter, high school teacher, "
        "insurance adjuster, "
        "line cook, nurse, paralegal, pharmacist, rancher, software engineer, truck driver",
    ),
    "es_ES": _Lists(
        "España",
        "Alba Beatriz Carmen Elena Fátima Inés Irene Laura Lucía Marta Nuria Pilar Rocío Sara Teresa Yolanda",
        "Adrián Alberto Carlos Diego Enrique Fernando Gonzalo Iván Javier Jorge Luis Manuel Óscar Pablo "
        "Raúl Sergio",
        "Aguilar Blanco Campos Delgado Fuentes Gallego Herrero Iglesias Lozano Marín Molina Navarro "
        "Ortega Prieto "
        "Ramos Rubio Santos Serrano Vega Vidal",
        "Albacete, Almería, Badajoz, Burgos, Cádiz, Gijón, Lleida, Lugo, Murcia, Salamanca, Teruel, Zaragoza",
        "agricultora/agricultor, arquitecta/arquitecto, camarera/camarero, cocinera/cocinero, contable, "
        "enfermera/enfermero, "
        "farmacéutica/farmacéutico, maestra/maestro, mecánica/mecánico, periodista, "
        "programadora/programador, "
        "trabajadora social/trabajador social",
    ),
    "fr_FR": _Lists(
        "France",
        "Amélie Aurore Camille Chloé Élodie Fatou Hélène Inès Julie Karima Lucie Manon Nathalie Océane "
        "Sandrine Sylvie",
        "Adrien Antoine Bruno Cédric Damien Étienne Farid Guillaume Hugo Jérôme Karim Laurent Mathieu "
        "Nicolas Olivier Yann",
        "Aubert Barbier Blanchard Caron Chevalier Dubois Fabre Gauthier Girard Lambert Leclerc Marchand "
        "Mercier "
        "Noël Perrin Renard Rousseau Roy Vasseur Vidal",
        "Amiens, Angers, Besançon, Brest, Dijon, Grenoble, Limoges, Metz, Nîmes, Pau, Rouen, Tours",
        "agricultrice/agriculteur, boulangère/boulanger, comptable, cuisinière/cuisinier, "
        "développeuse/développeur, "
        "électricienne/électricien, fleuriste, infirmière/infirmier, institutrice/instituteur, juriste, "
        "pharmacienne/pharmacien, "
        "plombière/plombier",
    ),
    "ja_JP": _Lists(
        "日本",
        "明美 彩香 恵子 花子 久美子 さくら 千尋 直美 真由美 美咲 由紀 理恵",
        "健太 浩二 翔太 誠 拓也 直樹 大輔 博 雅人 悠斗 陽介 亮",
        "石井 上田 遠藤 岡本 小川 金子 後藤 斎藤 坂本 清水 中島 西村 橋本 長谷川 福田 藤田 前田 松本 村上 森",
        "青森, 旭川, 宇都宮, 岡山, 金沢, 熊本, 高知, 静岡, 仙台, 富山, 長崎, 松江",
        "医療事務, 介護福祉士, 会社員, 看護師, 建築士, 公務員, 小学校教員, 税理士, 大工, 農家, プログラマー, 薬剤師",
    ),
    "pl_PL": _Lists(
        "Polska",
        "Agnieszka Aleksandra Barbara Dorota Ewa Hanna Joanna Justyna Katarzyna Magdalena Monika Natalia "
        "Olga Zofia",
        "Adam Andrzej Bartosz Dawid Grzegorz Jakub Kacper Krzysztof Łukasz Marcin Michał Paweł Rafał Tomasz",
        "Adamczyk Baran Duda Dudek Gajda Jabłoń Kaczmarek Kubiak Maj Mazur Michalak Nowak Pawlak Sikora "
        "Szulc "
        "Urban Walczak Wilk Wójcik Zając",
        "Białystok, Bydgoszcz, Częstochowa, Kielce, Lublin, Olsztyn, Opole, Rzeszów, Szczecin, Tarnów, "
        "Toruń, Zielona Góra",
        "architektka/architekt, farmaceutka/farmaceuta, fryzjerka/fryzjer, inżynierka/inżynier, "
        "księgowa/księgowy, "
        "kucharka/kucharz, nauczycielka/nauczyciel, pielęgniarka/pielęgniarz, programistka/programista, "
        "rolniczka/rolnik, "
        "sprzedawczyni/sprzedawca, tłumaczka/tłumacz",
    ),
    "pt_BR": _Lists(
        "Brasil",
        "Aline Beatriz Camila Daniela Fernanda Gabriela Isabela Juliana Larissa Mariana Patrícia Renata "
        "Simone Tatiane",
        "Anderson Bruno Caio Diego Eduardo Felipe Gustavo Henrique João Leandro Marcelo Rafael Rodrigo "
        "Thiago",
        "Almeida Andrade Araújo Barbosa Cardoso Carvalho Correia Duarte Freitas Lima Machado Martins "
        "Moreira Nunes "
        "Pereira Ribeiro Rocha Teixeira Vieira Xavier",
        "Aracaju, Belém, Campinas, Cuiabá, Florianópolis, Goiânia, Londrina, Manaus, Natal, Pelotas, "
        "Uberlândia, Vitória",
        "advogada/advogado, agricultora/agricultor, contadora/contador, cozinheira/cozinheiro, dentista, "
        "eletricista, "
        "enfermeira/enfermeiro, engenheira civil/engenheiro civil, motorista, pedreira/pedreiro, "
        "professora/professor, "
        "programadora/programador",
    ),
    "tr_TR": _Lists(
        "Türkiye",
        "Aslı Ayşe Büşra Derya Ebru Elif Fatma Gamze Hatice Meltem Nazlı Özge Pınar Selin Şeyma Zeynep",
        "Ahmet Barış Burak Cem Deniz Emre Furkan Hakan İbrahim Kaan Levent Mehmet Murat Onur Serkan Yusuf",
        "Acar Aksoy Arslan Avcı Bulut Çetin Doğan Erdem Güler Kaplan Keskin Koç Korkmaz Özkan Polat Şahin "
        "Tekin "
        "Uysal Yavuz Yıldırım",
        "Adana, Antalya, Bursa, Denizli, Diyarbakır, Edirne, Erzurum, Eskişehir, Kayseri, Konya, Samsun, "
        "Trabzon",
        "avukat, çiftçi, eczacı, elektrikçi, fırıncı, hemşire, inşaat mühendisi, muhasebeci, öğretmen, "
        "şoför, terzi, yazılımcı",
    ),
}

# Where the family's name comes first, without a blank.
_FAMILY_FIRST = frozenset({"ja_JP"})


def invent_person(
    identity: str,
    locales: Sequence[Locale] = LOCALES,
    ages: tuple[int, int] = (YOUNGEST, OLDEST),
) -> Person:
    """The person of an identity (a digest): of one of the locales, and of an age between the two, both included."""

    def pick(choices: Sequence[str], purpose: int) -> str:
        return choices[draw(identity, purpose, 0) % len(choices)]

    locale: Locale = locales[draw(identity, _LOCALE, 0) % len(locales)]
    lists = _PEOPLE[locale]
    is_woman = draw(identity, _SEX, 0) % 2 == 0
    given = pick((lists.women if is_woman else lists.men).split(), _GIVEN)
    family = pick(lists.families.split(), _FAMILY)
    occupation = pick(_listed(lists.occupations), _OCCUPATION).split("/")[0 if is_woman else -1]
    age = ages[0] + draw(identity, _AGE, 0) % (ages[1] - ages[0] + 1)
    name = f"{family}{given}" if locale in _FAMILY_FIRST else f"{given} {family}"
    city = pick(_listed(lists.cities), _CITY)
    return Person(name, given, family, age, city, lists.country, occupation, locale)


@cache
def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))
