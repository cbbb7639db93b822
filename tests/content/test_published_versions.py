"""A published version never changes: what once shipped under a number keeps its bytes, or gets a new number."""

from tests.content.filled import content

PUBLISHED = {
    "questionnaires": {
        "urn:portico:questionnaire:prolotherapy-intake|1.1.0": "364184696e70efc4577e049a8d34f2f5e495560f09a7b8a286b402c919367bea",
        "urn:portico:questionnaire:soreness-checkin|1.0.0": "4a04093ddeb721a585e38d5a9af72f96d1003334422e69dcd86c3d85c04c9c7b",
    },
    "rule_sets": {
        "prolotherapy-intake|1.1.0": "60342ffe4221f1180e33c5479a85d9ed468d43870efd66b26e0a7ba35145f81a",
        "soreness-checkin|1.0.0": "f013a3f4406aae151eaefdc4e0967a4098d9678adc5f76bd65f0311eb8fe6986",
    },
}
"""SHA-256 of each file. A line is added with each version and never altered: databases hold the old bytes and refuse others."""


def test_each_shipped_version_still_has_the_bytes_it_was_published_with() -> None:
    shipped = {
        "questionnaires": {name: file.digest.hex() for name, file in content().questionnaires.items()},
        "rule_sets": {name: file.digest.hex() for name, file in content().rule_sets.items()},
    }
    assert shipped == PUBLISHED, "a changed form or rule set needs a new version number, and a line of its own here"
