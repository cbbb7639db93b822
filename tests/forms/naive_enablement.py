"""enableWhen once more, slowly and straight from the text of FHIR R4, to hold the engine against. Reads plain JSON.

A place is a path of (linkId, number of the instance); every answer of every place is looked at for every condition.
"""

from collections.abc import Iterator
from typing import cast

from tests.forms.building import Json

Place = tuple[tuple[str, int], ...]


def part(of: Json, name: str) -> list[Json]:
    return cast("list[Json]", of.get(name, []))


def link(of: Json) -> str:
    return cast("str", of["linkId"])


class Naive:
    """`places` maps each container instance and linkId to the answers that stand there."""

    def __init__(self, questionnaire: Json, response: Json) -> None:
        self.parents: dict[str, tuple[str, ...]] = {}
        self.items: dict[str, Json] = {}
        self._learn(part(questionnaire, "item"), ())
        self.places: dict[tuple[Place, str], list[Json]] = {}
        self._lay(part(questionnaire, "item"), part(response, "item"), ())

    def _learn(self, items: list[Json], above: tuple[str, ...]) -> None:
        for item in items:
            self.parents[link(item)] = above
            self.items[link(item)] = item
            self._learn(part(item, "item"), (*above, link(item)))

    def _lay(self, items: list[Json], given: list[Json], here: Place) -> None:
        for item in items:
            mine = [one for one in given if link(one) == link(item)]
            answers = [answer for one in mine for answer in part(one, "answer")]
            self.places[here, link(item)] = answers
            instances = [part(one, "item") for one in (mine if item["type"] == "group" else answers)]
            if not instances and not item.get("repeats"):
                instances = [[]]
            for number, instance in enumerate(instances if part(item, "item") else []):
                self._lay(part(item, "item"), instance, (*here, (link(item), number)))

    def needs(self, name: str) -> set[str]:
        targets = {cast("str", condition["question"]) for condition in part(self.items[name], "enableWhen")}
        return (targets & set(self.items)) | set(self.parents[name][-1:])

    def reaches(self, name: str) -> set[str]:
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for need in self.needs(waiting.pop()) - found:
                found.add(need)
                waiting.append(need)
        return found

    def is_circular(self, name: str) -> bool:
        return any(one in self.reaches(one) for one in self.reaches(name) | {name})

    def is_on(self, here: Place, name: str) -> bool:
        if self.is_circular(name):
            return False
        if here and not self.is_on(here[:-1], here[-1][0]):
            return False
        results = [self._holds(condition, here, name) for condition in part(self.items[name], "enableWhen")]
        if not results:
            return True
        return any(results) if self.items[name].get("enableBehavior") == "any" else all(results)

    def _holds(self, condition: Json, here: Place, name: str) -> bool:
        target = cast("str", condition["question"])
        if target not in self.items:
            return False
        values = [value for answer in self._answers(target, here, name) for value in self._values(answer)]
        expected = next(value for key, value in condition.items() if key.startswith("answer"))
        operator = condition["operator"]
        if operator == "exists":
            return bool(values) is expected
        return any(_compare(operator, value, expected) for value in values)

    def _answers(self, target: str, here: Place, name: str) -> Iterator[Json]:
        """Every answer to the target that shares with us the instances of all containers that both items share."""
        mine, other = self.parents[name], self.parents[target]
        shared = 0
        while shared < min(len(mine), len(other)) and mine[shared] == other[shared]:
            shared += 1
        for (place, at), answers in self.places.items():
            if at == target and place[:shared] == here[:shared] and self.is_on(place, target):
                yield from answers

    @staticmethod
    def _values(answer: Json) -> list[object]:
        return [value for key, value in answer.items() if key.startswith("value")]


def _compare(operator: object, value: object, expected: object) -> bool:
    if isinstance(value, bool) is not isinstance(expected, bool):
        return False
    if isinstance(value, bool):
        return {"=": value == expected, "!=": value != expected}.get(cast("str", operator), False)
    if not isinstance(value, int) or not isinstance(expected, int):
        return False
    order = {"=": value == expected, "!=": value != expected, ">": value > expected, "<": value < expected}
    order |= {">=": value >= expected, "<=": value <= expected}
    return order[cast("str", operator)]
