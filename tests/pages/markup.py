"""A page as a browser without scripts reads it: its forms with what they would send, and whether it is sound."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
TYPED = frozenset({"input", "select", "textarea"})
HEADINGS = frozenset({"h1", "h2", "h3"})
UNLABELLED = frozenset({"hidden", "submit"})

Attributes = dict[str, str]


@dataclass
class Form:
    """A form: where it goes and what it would send, button by button."""

    action: str
    id: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Page:
    """A parsed page."""

    title: str = ""
    text: str = ""
    headings: list[tuple[str, str]] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def form(self, action: str) -> Form:
        """The form that goes to an address ending like this."""
        return next(form for form in self.forms if form.action.endswith(action))

    def values(self, name: str) -> list[str]:
        """What would be sent under this name."""
        return [value for form in self.forms for sent, value in form.fields if sent == name]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._open: list[tuple[str, Attributes]] = []
        self._labels: set[str] = set()
        self._controls: list[tuple[str, bool]] = []
        self._select: tuple[str, list[str], list[str]] | None = None
        self._before: dict[str, list[tuple[str, str]]] = {}
        self._fields: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        page = self.page
        page.text += " "
        if tag in HEADINGS:
            page.headings.append((tag, ""))
        if tag not in VOID:
            self._open.append((tag, given))
        if "id" in given:
            page.ids.append(given["id"])
        is_inline = tag == "style" or (tag == "script" and not given.get("src", "").startswith("/static/"))
        if "style" in given or is_inline or any(name.startswith("on") for name in given):
            page.faults.append(f"inline style or script on {tag}")
        if tag == "a":
            page.links.append(given.get("href", ""))
        if tag == "form":
            page.forms.append(Form(given.get("action", ""), given.get("id", "")))
            page.forms[-1].fields.extend(self._before.pop(given.get("id", ""), []))
        self._note_label(tag, given)
        self._note_field(tag, given)

    def _note_label(self, tag: str, given: Attributes) -> None:
        if tag == "label" and "for" in given:
            self._labels.add(given["for"])
        if tag in TYPED and given.get("type") not in UNLABELLED:
            is_inside = any(open_tag == "label" for open_tag, _ in self._open)
            self._controls.append((given.get("id", ""), is_inside))

    def _note_field(self, tag: str, given: Attributes) -> None:
        name, form = given.get("name"), self._form_of(given)
        if tag == "option" and self._select is not None:
            self._select[1].append(given.get("value", ""))
            self._select[2].extend([given.get("value", "")] if "selected" in given else [])
        if name is None or form is None:
            return
        if tag in TYPED:
            self._fields = form.fields
        if tag == "button":
            form.buttons.append((name, given.get("value", "")))
        if tag == "select":
            self._select = (name, [], [])
        elif tag == "textarea":
            form.fields.append((name, ""))
        elif tag == "input" and (given.get("type") not in ("radio", "checkbox") or "checked" in given):
            form.fields.append((name, given.get("value", "")))

    def _form_of(self, given: Attributes) -> Form | None:
        """The form that a field belongs to: the one it names, which may still come, else the last that was opened."""
        named = given.get("form")
        if named is None:
            return self.page.forms[-1] if self.page.forms else None
        found = [form for form in self.page.forms if form.id == named]
        return found[0] if found else Form("", named, self._before.setdefault(named, []))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop()[0] != tag:
            self.page.faults.append(f"{tag} closes what was not open")
        if tag == "select" and self._select is not None:
            name, options, selected = self._select
            self._fields.append((name, (selected or options)[0]))
            self._select = None

    def handle_data(self, data: str) -> None:
        page = self.page
        if not self._open:
            return
        tag = self._open[-1][0]
        if any(open_tag in HEADINGS for open_tag, _ in self._open):
            level, before = page.headings[-1]
            page.headings[-1] = (level, f"{before}{data}".strip())
        if tag == "title":
            page.title += data
        elif tag == "textarea":
            name, before = self._fields[-1]
            self._fields[-1] = (name, before + (data if before else data.removeprefix("\n")))
        page.text += data

    def finish(self) -> Page:
        page = self.page
        page.faults.extend(f"no form {named}" for named in self._before)
        page.faults.extend(f"{tag} is not closed" for tag, _ in self._open)
        page.faults.extend(f"id {found} twice" for found in sorted({i for i in page.ids if page.ids.count(i) > 1}))
        page.faults.extend(
            f"no label for {control or 'a field without id'}"
            for control, is_inside in self._controls
            if not is_inside and control not in self._labels
        )
        tops = [text for tag, text in page.headings if tag == "h1"]
        if len(tops) != 1:
            page.faults.append(f"{len(tops)} h1")
        missing = {link[1:] for link in page.links if link.startswith("#")} - set(page.ids)
        page.faults.extend(f"link to nowhere: {link}" for link in sorted(missing))
        page.text = " ".join(page.text.split())
        return page


def read(html: str) -> Page:
    """The page, with everything that is not sound about it in `faults`."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.finish()
