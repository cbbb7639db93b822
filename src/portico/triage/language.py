"""Tells whether a text can be read at all: English, Spanish, or something for a person (T26). Pure."""

from collections.abc import Callable, Sequence

_EN_ES = frozenset(
    ["the", "and", "to", "of", "in", "it", "is", "my", "on", "for", "you", "that", "with", "was", "but", "have", "this", "be", "at", "so", "me", "do", "not", "or", "from", "your", "when", "can", "if", "i", "im", "its", "a", "an", "are", "am", "they", "he", "she", "his", "her", "we", "had", "just", "what", "there", "get", "up", "will", "would", "about", "been", "no", "by", "how", "after", "before", "day", "days", "week", "hurts", "pain", "sore", "still", "feel", "el", "la", "los", "las", "un", "una", "que", "en", "con", "por", "para", "y", "no", "me", "mi", "se", "le", "lo", "es", "esta", "estoy", "tengo", "pero", "como", "mas", "muy", "cuando", "donde", "ya", "al", "del", "de", "dolor", "desde", "hoy", "ayer", "dia", "dias", "siento", "gracias", "puedo", "si", "su", "sin", "sobre", "hola", "buenos", "buenas"]
)
_OTHERS = frozenset(
    # Portuguese, French, Italian, German, Tagalog, Vietnamese, Haitian Creole, Polish, Dutch, Turkish, Indonesian, Romanian: their commonest words.
    ["nao", "com", "uma", "um", "meu", "minha", "estou", "voce", "muito", "pouco", "ate", "tambem", "depois", "ontem", "hoje", "dor", "febre", "joelho", "ombro", "obrigado", "obrigada", "posso", "quando", "doendo", "sinto", "bom", "boa", "je", "ne", "pas", "le", "les", "des", "et", "est", "une", "mon", "ma", "suis", "avec", "depuis", "pour", "mal", "bonjour", "merci", "genou", "epaule", "fievre", "douleur", "peux", "sur", "dans", "vous", "ai", "jai", "cest", "il", "non", "ho", "sono", "che", "di", "gli", "della", "grazie", "ginocchio", "spalla", "febbre", "dolore", "posso", "dopo", "buongiorno", "mi", "fa", "ich", "nicht", "und", "das", "ist", "mein", "meine", "habe", "mit", "seit", "der", "die", "knie", "schulter", "fieber", "schmerzen", "danke", "kann", "bitte", "guten", "ang", "ng", "mga", "ko", "po", "ako", "lang", "hindi", "sa", "na", "ba", "ay", "naman", "kasi", "yung", "medyo", "masakit", "pa", "din", "may", "salamat", "puwede", "pwede", "lagnat", "tuhod", "balikat", "toi", "bi", "dau", "khong", "co", "cua", "va", "khi", "rat", "duoc", "mot", "roi", "ngay", "bac", "si", "cam", "on", "sot", "mwen", "pa", "gen", "nan", "ak", "ki", "yon", "doule", "fe", "mal", "jenou", "lafyev", "mesi", "apre", "depi", "nie", "jest", "sie", "mam", "boli", "kolano", "dzien", "dobry", "po", "od", "goraczka", "dziekuje", "bardzo", "na", "ik", "niet", "het", "een", "mijn", "pijn", "dank", "goed", "sinds", "knie", "koorts", "van", "bir", "cok", "agri", "diz", "var", "yok", "ben", "bana", "icin", "tesekkur", "gunler", "omuz", "ates", "saya", "tidak", "sakit", "lutut", "demam", "terima", "kasih", "bahu", "sudah", "dan", "yang", "ini", "nu", "am", "la", "genunchi", "durere", "multumesc", "buna", "ziua", "febra", "sunt"]
)
_SHARED = _EN_ES & _OTHERS


def unreadable(words: Sequence[str], knows: Callable[[str], bool], *, foreign_letters: int) -> bool:
    """Whether a person must read it: nothing to read, mostly another script or tongue, or mostly no words at all."""
    real = [word for word in words if word[0].isalpha()]
    if not real:
        return True
    latin = [word for word in real if word.isascii()]
    if foreign_letters > sum(len(word) for word in latin):
        return True
    own = sum(word in _EN_ES and word not in _SHARED for word in latin)
    other = sum(word in _OTHERS and word not in _SHARED for word in latin)
    if other >= 2 and other > own:
        return True
    long = [word for word in latin if len(word) >= 3]
    return sum(map(knows, long)) < 0.5 * len(long) if len(long) >= 2 else not any(map(knows, latin))
