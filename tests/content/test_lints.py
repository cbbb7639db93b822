"""The content ships without a fault, and each lint catches the fault that it is there for."""

import pytest

from portico.platform.content import check_content
from portico.platform.content_files import Content, Contradiction, GuidanceAction, Place, Sentence, Source, VerifiedCode
from portico.platform.content_items import CONFIRMED_BY, LABEL, RED_FLAG, SOURCE
from tests.content.filled import content
from tests.content.planting import (
    Json,
    Plant,
    in_form,
    in_item,
    in_rule,
    in_rules,
    replace,
    says,
    says_to_a_proxy,
    text,
    without_text,
)

HARD = "Musculoskeletal rehabilitation interventions necessitate comprehensive multidisciplinary evaluation."
NAMED = "This is about {patient.name}."
LONG = "We will see you and we will look at you and we will talk with you and then we will go on with you."


def without(url: str) -> Plant:
    def change(item: Json) -> None:
        item["extension"] = [each for each in item["extension"] if each["url"] != url]

    return in_item("goal.1", change)


def extended(link_id: str, url: str, key: str, value: str) -> Plant:
    def change(item: Json) -> None:
        kept = [each for each in item["extension"] if each["url"] != url]
        item["extension"] = [*kept, {"url": url, key: value}]

    return in_item(link_id, change)


def moved_to_the_end(tree: Json) -> None:
    tree["item"].append(tree["item"].pop(1))


def code_of(system: str, code: str) -> Plant:
    return in_item("func.1", lambda item: item.update(code=[{"system": system, "code": code, "display": "Walking"}]))


def setting(key: str, **changes: object) -> Plant:
    return lambda sound: replace(sound, settings={**sound.settings, key: replace(sound.settings[key], **changes)})


def source(name: str, found: Source | None) -> Plant:
    def plant(sound: Content) -> Content:
        kept = {key: value for key, value in sound.sources.items() if key != name}
        return replace(sound, sources=kept if found is None else {**kept, name: found})

    return plant


PLANTED: list[tuple[str, str, Plant]] = [
    ("hard words", "reading-grade", says("post.pt", HARD)),
    ("long sentences", "long-sentences", says("post.pt", LONG)),
    ("hard words on a screen", "reading-grade", in_item("goal.1", lambda item: item.update(text=HARD))),
    ("a banned phrase", "banned-phrase", says("post.pt", "There are no complications.")),
    ("a banned phrase in the title", "banned-phrase", says("post.pt", "Rest.", title="A good sign")),
    ("a banned phrase in a question", "banned-phrase", in_item("goal.1", lambda item: item.update(text="It is permanent."))),
    ("a telephone number", "literal-number", says("post.pt", "Call 555-0100.")),
    ("medicine without the prescriber", "prescriber", says("pre.med", "Ask us first.")),
    ("a drug without the prescriber", "prescriber", says("post.pt", "Skip your aspirin.")),
    ("a change of medicine without the prescriber", "prescriber", says("post.pt", "Change your medicine.")),
    ("comfort without a gate", "ungated-reassurance", text("ro.d2", gate=None)),
    ("comforting words without a gate", "ungated-reassurance", says("post.pt", "Do not worry.")),
    ("a price beside danger", "danger-beside-trade", says("res.urgent", "Call 911.", "It costs little.")),
    ("booking beside danger", "danger-beside-trade", says("res.call", "Call before you book.")),
    ("thanks beside danger", "danger-beside-trade", says("sd.severe", "Thank you.")),
    ("an emergency text that needs a setting", "needs-settings", says("em.911", "Call {clinic.phone}.")),
    ("an emergency text that has a condition", "needs-settings", says("em.911", Sentence(say="Call.", unless=("clinic.phone",)))),
    ("an emergency text without 911", "no-emergency-number", text("em.911", actions=())),
    ("a call without a number", "no-number", text("sd.call", actions=())),
    ("a button without a number", "no-number", text("ro.ack", actions=(GuidanceAction(kind="call", label={"en": "Call"}),))),
    ("a sentence with an unknown setting", "unknown-setting", says("post.pt", "Call {clinic.fone}.")),
    ("a condition with an unknown setting", "unknown-setting", says("post.pt", Sentence(say="Rest.", needs=("clinic.fone",)))),
    ("a danger without words for a proxy", "no-proxy-words", text("em.911", proxy_texts={})),
    ("words for a proxy in another language", "no-proxy-words", says_to_a_proxy("em.911", NAMED, "Call 911.", lang="es")),
    ("words for a proxy that name nobody first", "proxy-unnamed", says_to_a_proxy("em.911", "Call 911.", NAMED)),
    ("words for a proxy that say you", "proxy-you", says_to_a_proxy("em.911", NAMED, "Call 911.", "Lie on your back.")),
    ("words for a proxy with fewer numbers", "proxy-differs", says_to_a_proxy("em.infection", NAMED, "Call 911.")),
    ("words for a proxy without 911", "proxy-differs", says_to_a_proxy("em.911", NAMED, "Get help.")),
    ("words for a proxy that need a setting", "needs-settings", says_to_a_proxy("em.911", NAMED + " {clinic.phone}", "{clinic.phone}")),
    ("hard words for a proxy", "reading-grade", says_to_a_proxy("em.911", NAMED, HARD)),
    ("a price for a proxy in danger", "danger-beside-trade", says_to_a_proxy("em.911", NAMED, "Call 911.", "It costs little.")),
    ("a result without the clinician", "decides", says("res.possible", "You may be a candidate.")),
    ("a missing text", "missing-text", without_text("post.warn")),
    ("an item without a source", "missing-source", without(SOURCE)),
    ("an item with an unknown source", "unknown-source", extended("goal.1", SOURCE, "valueString", "S80")),
    ("an item that somebody confirmed", "confirmed", extended("goal.1", CONFIRMED_BY, "valueString", "Dr. Adams")),
    ("an item without a label", "missing-label", without(LABEL)),
    ("an item without words", "missing-text", in_item("goal.1", lambda item: item.pop("text"))),
    ("a red flag that may stay open", "red-flag-answers", in_item("rf.any.lump", lambda item: item.pop("required"))),
    ("a red flag without not sure", "red-flag-answers", in_item("rf.any.lump", lambda item: item["answerOption"].pop())),
    ("a red flag of no level", "red-flag-level", extended("rf.any.lump", RED_FLAG, "valueCode", "X")),
    ("red flags on the last screen", "red-flag-late", in_form(moved_to_the_end)),
    ("a red flag that no rule hears", "unheard-flag", extended("hx.2", RED_FLAG, "valueCode", "E")),
    ("a red flag of a higher level than its rule", "unheard-flag", extended("rf.any.lump", RED_FLAG, "valueCode", "E")),
    ("a region that skips its red flags", "unreached", in_item("rf.upper_back", lambda item: item["enableWhen"].pop())),
    ("red flags behind a condition", "unreached", in_item("rf.any", lambda item: item.update(enableWhen=[{"question": "who.1.name", "operator": "exists", "answerBoolean": True}]))),
    ("a region nobody thought of", "unknown-region", in_item("reg.1", lambda item: item["answerOption"].append({"valueCoding": {"system": "urn:portico:region", "code": "jaw", "display": "Jaw"}}))),
    ("a LOINC code without a source", "unverified-code", code_of("http://loinc.org", "91148-7")),
    ("a SNOMED code without a source", "unverified-code", code_of("http://snomed.info/sct", "88225001")),
    ("a code of an unknown system", "unknown-system", code_of("http://example.test/codes", "1")),
    ("a row of codes without evidence", "unverified-code", lambda sound: replace(sound, codes=(*sound.codes, VerifiedCode(system="http://loinc.org", code="1-8", display="x", verified_against=" ")))),
    ("a row for no region", "unknown-code", lambda sound: replace(sound, codes=(*sound.codes, VerifiedCode(system="http://snomed.info/sct", code="1", display="x", local="urn:portico:region|jaw", verified_against="a book")))),
    ("a form that cannot be published", "que-12", in_item("rf.leg", lambda item: item.pop("enableBehavior"))),
    ("a form under another name", "file-name", in_form(lambda tree: tree.update(version="2.0.0"))),
    ("a rule about no item", "unknown-link-id", in_rule("PS13", when={"op": "compare", "link_id": "ves.9", "cmp": ">", "value": 1})),
    ("a rule about no code", "unknown-code", in_rule("PS04", when={"op": "has_code", "link_id": "reg.1", "codes": ["jaw"]})),
    ("a rule without a source", "missing-source", in_rule("PS13", source=[])),
    ("a rule with an unknown source", "unknown-source", in_rule("PS13", source=["a friend"])),
    ("a rule that somebody confirmed", "confirmed", in_rule("PS13", confirmed_by=["Dr. Adams"])),
    ("a rule with an unknown text", "unknown-text", in_rule("PS11", guidance="pre.nothing")),
    ("a rule that hangs on an open question", "optional-feeds-rule", in_item("med.4", lambda item: item.pop("required"))),
    ("a rule set for no form", "unknown-questionnaire", in_rules(lambda tree: tree.update(questionnaire="urn:portico:questionnaire:other|1.0.0"))),
    ("a rule set under another name", "file-name", in_rules(lambda tree: tree.update(slug="other"))),
    ("a threshold told twice", "setting-differs", setting("cortisone.max", default="3")),
    ("a default that is no number", "setting-type", setting("plan.typical_max", default="six")),
    ("a statement that is lost", "missing-statement", source("S40", None)),
    ("a statement in no place", "lives-nowhere", source("S40", Source(says="Poor.", kind="shown"))),
    ("a statement in an unknown place", "unknown-place", source("S40", Source(says="Poor.", kind="shown", lives=Place(guidance=("exp.nothing",))))),
    ("a statement hidden without a reason", "not-shown", source("S10", Source(says="Nothing.", kind="not_shown"))),
    ("a contradiction that is lost", "missing-contradiction", lambda sound: replace(sound, contradictions={})),
    ("a contradiction settled silently", "unhandled", lambda sound: replace(sound, contradictions={**sound.contradictions, "C1": Contradiction(conflict="x", handling="y")})),
]  # fmt: skip


def test_the_shipped_content_has_no_fault() -> None:
    assert check_content(content()) == ()


@pytest.mark.parametrize(("code", "plant"), [case[1:] for case in PLANTED], ids=[case[0] for case in PLANTED])
def test_a_planted_fault_is_caught(code: str, plant: Plant) -> None:
    found = check_content(plant(content()))
    assert code in {fault.code for fault in found}, [str(fault) for fault in found]
    assert all(fault.where and fault.message for fault in found)
