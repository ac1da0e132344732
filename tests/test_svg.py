"""A still SVG passes, whatever editor wrote it; one that runs, loads or swells does not."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import pictures

from holdfast.model import Refusal
from holdfast.svg import Drawing, inspect

PNG = "data:image/png;base64," + base64.b64encode(pictures.png(2, 2)).decode()
WIDE = "data:image/svg+xml;base64,"


def nested(body: str) -> str:
    return WIDE + base64.b64encode(pictures.svg(body=body)).decode()


# (what goes into the SVG, what the refusal names)
ACTIVE = [
    ("<script>alert(1)</script>", "script"),
    ("<script href='https://x.example/a.js'/>", "script"),
    ("<h:script xmlns:h='http://www.w3.org/1999/xhtml'>alert(1)</h:script>", "HTML inside"),
    ("<x:script xmlns:x='urn:x'/>", "script"),
    ("<g onclick='alert(1)'/>", "event handler: onclick"),
    ("<g ONLOAD='alert(1)'/>", "event handler"),
    ("<g xmlns:ev='http://www.w3.org/2001/xml-events' ev:event='click'/>", "event handler"),
    ("<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>", "foreignObject"),
    ("<foreignObject width='1'/>", "foreignObject"),
    ("<iframe src='https://x.example'/>", "iframe"),
    ("<a href='javascript:alert(1)'><rect/></a>", "link to javascript:"),
    ("<a xlink:href=' java&#10;script:alert(1)'/>", "link to javascript:"),
    ("<a href='data:text/html,x'/>", "link to data:"),
    ("<image href='https://x.example/a.png'/>", "href of image loads https:"),
    ("<image xlink:href='//x.example/a.png'/>", "href of image"),
    ("<image href='other.png'/>", "href of image"),
    ("<image src='https://x.example/a.png'/>", "href of image"),
    ("<use href='https://x.example/a.svg#b'/>", "href of use"),
    ("<use href='other.svg#b'/>", "href of use"),
    ("<use href='data:image/svg+xml,x#b'/>", "href of use"),
    ("<feImage href='https://x.example/a.png'/>", "href of feImage"),
    ("<linearGradient xlink:href='https://x.example/a.svg#b'/>", "href of linearGradient"),
    ("<image href='file:///etc/passwd'/>", "loads file:"),
    ("<rect fill='url(https://x.example/a.svg#b)'/>", "fill of rect"),
    ("<rect fill='url( \"https://x.example/a.svg#b\" )'/>", "fill of rect"),
    ("<rect style='background:url(//x.example/a)'/>", "style of rect"),
    ("<rect style='background:u\\72l(//x.example/a)'/>", "style of rect"),
    ("<rect style='background:u\\000072 l(//x.example/a)'/>", "style of rect"),
    ("<rect style='a:url(#b/*); background:url(//x.example/a) /*)'/>", "style of rect"),
    ("<rect style='background:image-set(\"https://x.example/a\" 1x)'/>", "image-set"),
    ("<rect filter='url(other.svg#f)'/>", "filter of rect"),
    ("<style>@import 'https://x.example/a.css';</style>", "@import"),
    ("<style>@\\69mport 'https://x.example/a.css';</style>", "@import"),
    ("<style><![CDATA[ rect { fill: url(https://x.example/a) } ]]></style>", "style sheet"),
    ("<style>/*@namespace*/ a { b: url(https://x.example/a) }</style>", "style sheet"),
    ("<style>@font-face { src: url(https://x.example/a.woff) }</style>", "style sheet"),
    ("<a><animate attributeName='href' to='javascript:alert(1)'/></a>", "animate changes href"),
    ("<a><set attributeName='xlink:href' to='javascript:alert(1)'/></a>", "set changes xlink:href"),
    ("<set attributeName='onclick' to='alert(1)'/>", "set changes onclick"),
    ("<set attributeName='fill' to='url(https://x.example/a)'/>", "to of set"),
    ("<g xml:base='https://x.example/'/>", "xml:base"),
    ("<?xml-stylesheet href='https://x.example/a.css'?>", "xml-stylesheet"),
    (f"<image href='{nested('<script/>')}'/>", "inside an embedded SVG: a script"),
    ("<image href='data:image/svg+xml,%3Csvg onload=%27x%27/%3E'/>", "inside an embedded SVG: an event"),
    (
        "<image href=' data:image/svg&#10;+xml,%3Csvg onload=%27x%27/%3E'/>",
        "inside an embedded SVG: an event",
    ),
    (
        "<style>g { fill: url( 'data:image/svg+xml,%3Csvg onload=%27x%27/%3E' ) }</style>",
        "inside an embedded",
    ),
    ("<image href='data:image/svg+xml,%3Csvg%20onload=%27x%27/%3E'/>", "inside an embedded SVG: an event"),
]

STILL = [
    "",
    "<path d='M0 0h1'/><text>on click = url(x)</text>",
    "<linearGradient id='a'/><rect fill='url(#a)' style='stroke:url(\"#a\")' filter='url( #f )'/>",
    "<use href='#a'/><use xlink:href='#a'/><image href=''/>",
    f"<image href='{PNG}'/><image xlink:href='{PNG}'/>",
    f"<image href='{nested('<circle/>')}'/>",
    f"<rect style='background:url({PNG})'/>",
    "<style>@font-face{src:url(data:font/woff2;base64,AAAA)} rect{fill:url(#a)}</style>",
    "<style>@namespace svg url(http://www.w3.org/2000/svg); /* by hand */ .a > .b { fill: red }</style>",
    "<a href='https://x.example/page'><rect/></a><a xlink:href='#top'/><a href='page.html'/>",
    "<animate attributeName='opacity' values='0;1' dur='1s'/><set attributeName='fill' to='red'/>",
    "<title>on</title><desc>onload</desc><metadata>javascript:</metadata>",
    "<rect class='once' id='onward' data-on='x'/>",
    "<i:thing xmlns:i='urn:editor' i:onclick='x' href='https://x.example'/>",
    "<rect aria-label='a (b)' d='x'/>",
]

EDITORS = {
    "Inkscape": b"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!-- Created with Inkscape (http://www.inkscape.org/) -->
<svg width="10mm" height="5mm" viewBox="0 0 10 5" version="1.1" sodipodi:docname="a.svg"
   xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"
   xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"
   xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg"
   xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cc="http://creativecommons.org/ns#">
  <sodipodi:namedview id="base" inkscape:export-filename="/home/a/b.png"/>
  <metadata><rdf:RDF><cc:Work rdf:about=""><cc:license rdf:resource="https://creativecommons.org/x"/></cc:Work>
  </rdf:RDF></metadata>
  <defs><linearGradient id="a"/><linearGradient xlink:href="#a" id="b"/></defs>
  <path style="fill:url(#b);stroke-width:.2" d="m 0 0" inkscape:connector-curvature="0"/></svg>""",
    "Illustrator": b"""<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: Adobe Illustrator 16.0.0, SVG Export Plug-In -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" [
  <!ENTITY ns_extend "http://ns.adobe.com/Extensibility/1.0/">
  <!ENTITY ns_ai "http://ns.adobe.com/AdobeIllustrator/10.0/">
]>
<svg version="1.1" xmlns:x="&ns_extend;" xmlns:i="&ns_ai;" xmlns="http://www.w3.org/2000/svg"
  xmlns:xlink="http://www.w3.org/1999/xlink" width="20px" height="10px" viewBox="0 0 20 10">
  <switch><foreignObject requiredExtensions="&ns_ai;" x="0" y="0" width="1" height="1">
    <i:pgfRef xlink:href="#adobe_illustrator_pgf"/></foreignObject>
    <g i:extraneous="self"><path d="M0,0"/></g></switch></svg>""",
    "Graphviz": b"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"
 "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<!-- Generated by graphviz version 2.43.0 -->
<svg width="62pt" height="116pt" viewBox="0.00 0.00 62.00 116.00"
 xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
<g id="a_node1"><a xlink:href="https://x.example/" target="_top"><ellipse rx="27"/></a></g></svg>""",
    "Figma": b"""<svg width="24" height="24" viewBox="0 0 24 24" fill="none" xmlns="http://www.w3.org/2000/svg">
<g clip-path="url(#clip0)" filter="url(#f)"><path d="M1 1" fill="black"/></g>
<defs><clipPath id="clip0"><rect width="24" height="24"/></clipPath></defs></svg>""",
    "prefixed": b"""<svg:svg xmlns:svg="http://www.w3.org/2000/svg" viewBox="0 0 3 4"><svg:g/></svg:svg>""",
}


def refused(data: bytes) -> Refusal:
    found = inspect(data)
    assert isinstance(found, Refusal), found
    return found


@pytest.mark.parametrize(("body", "what"), ACTIVE, ids=[body[:50] for body, _ in ACTIVE])
def test_what_is_active_is_refused_and_named(body: str, what: str) -> None:
    found = refused(pictures.svg(body=body))
    assert found.reason == "active-svg"
    assert what in found.detail


@pytest.mark.parametrize("body", [body for body, _ in ACTIVE if "data:image/svg+xml," not in body])
def test_what_is_active_may_be_allowed_and_is_noted(body: str) -> None:
    assert inspect(pictures.svg(body=body), allow_active=True) in (
        Drawing(32, 24, ("active",)),
        Drawing(32, 24),  # the active thing is inside an embedded SVG
    )


@pytest.mark.parametrize("body", STILL)
def test_what_is_still_passes(body: str) -> None:
    assert inspect(pictures.svg(body=body)) == Drawing(32, 24)


@pytest.mark.parametrize("editor", EDITORS)
def test_what_editors_write_passes(editor: str) -> None:
    found = inspect(EDITORS[editor])
    assert isinstance(found, Drawing)
    assert found.notes == ()
    sizes = {"Inkscape": (38, 19), "Illustrator": (20, 10), "Graphviz": (83, 155), "Figma": (24, 24)}
    assert (found.width, found.height) == sizes.get(editor, (3, 4))


@pytest.mark.parametrize(
    ("prolog", "body", "reason"),
    [
        ("<?xml-stylesheet href='a.css'?>", "", "active-svg"),
        ("<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", "&x;", "active-svg"),
        ("<!DOCTYPE svg [<!ENTITY x PUBLIC 'a' 'https://x.example/'>]>", "&x;", "active-svg"),
        ("<!DOCTYPE svg [<!ENTITY % x SYSTEM 'https://x.example/a.dtd'> %x;]>", "", "active-svg"),
        ("<!DOCTYPE svg [<!ENTITY % x 'y'>]>", "", "active-svg"),
        ("<!DOCTYPE svg [<!ENTITY x '<script/>'>]>", "&x;", "active-svg"),
        ("<!DOCTYPE svg [<!ENTITY x 'javascript:y'>]>", "<a href='&x;'/>", "active-svg"),
        ("<!DOCTYPE svg [<!ATTLIST g onload CDATA 'x()'>]>", "<g/>", "active-svg"),
        ("<!DOCTYPE svg [<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]>", "&b;", "bomb"),
        ("<!DOCTYPE svg [<!ENTITY a 'x'><!ENTITY b '&#38;a;'>]>", "&b;", "bomb"),
        (f"<!DOCTYPE svg [<!ENTITY a '{'x' * 1000}'>]>", "&a;" * 100, "bomb"),
        (f"<!DOCTYPE svg [<!ATTLIST g id CDATA '{'x' * 1000}'>]>", "<g/>" * 100, "bomb"),
    ],
)
def test_document_types_may_neither_load_nor_swell_nor_hide(prolog: str, body: str, reason: str) -> None:
    assert refused(pictures.svg(head=prolog, body=body)).reason == reason


def test_what_swells_is_refused_though_active_is_allowed() -> None:
    data = pictures.svg(head="<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>", body="&a;")
    assert isinstance(inspect(data, allow_active=True), Refusal)


def test_svg_inside_svg_inside_svg_has_an_end() -> None:
    body = "<circle/>"
    for _ in range(6):
        body = f"<image href='{nested(body)}'/>"
    assert refused(pictures.svg(body=body)).reason == "bomb"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_other_encodings_are_read(encoding: str) -> None:
    name = {"utf-8-sig": "utf-8", "latin-1": "iso-8859-1"}.get(encoding, encoding)
    text = pictures.svg(body="<text>é</text>").decode().replace("UTF-8", name)
    assert inspect(text.encode(encoding)) == Drawing(32, 24)
    active = text.replace("<text>", "<script/><text>")
    assert refused(active.encode(encoding)).reason == "active-svg"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<html><svg/></html>", "not-media"),
        (b"<svg><g></svg>", "not-media"),
        (b"<svg/>junk", "not-media"),
        (b"<svg a=1/>", "not-media"),
        (b'<?xml version="1.0" encoding="x-unknown"?><svg/>', "not-media"),
        (b"<svg>&nbsp;</svg>", "not-media"),
        (b"<svg>\xff</svg>", "not-media"),
        (b"<svg><g>", "truncated"),
        (b"<svg><g a='b", "truncated"),
        (b"<svg><!-- a", "truncated"),
        (b"<svg><![CDATA[ a", "truncated"),
        (b"", "truncated"),
    ],
)
def test_what_is_no_whole_svg_is_told_apart(data: bytes, reason: str) -> None:
    assert refused(data).reason == reason


def test_no_cut_is_accepted() -> None:
    data = pictures.svg(body="<g><text>a</text></g>").strip()
    for cut in range(1, len(data) - 60):
        assert refused(data[:-cut]).reason == "truncated"


@pytest.mark.parametrize(
    ("attributes", "width", "height"),
    [
        ("width='10' height='20'", 10, 20),
        ("width='10px' height='1in'", 10, 96),
        ("width='72pt' height='2.54cm'", 96, 96),
        ("width='100%' height='100%' viewBox='0 0 30 40'", 30, 40),
        ("viewBox='0,0,30.4,40.6'", 30, 41),
        ("width='10em' height='x'", None, None),
        ("viewBox='0 0 30'", None, None),
        ("width='0' height='0'", None, None),
        ("", None, None),
        ("width='1e2' height='0.1'", 100, 1),
    ],
)
def test_sizes_are_read(attributes: str, width: int | None, height: int | None) -> None:
    data = f"<svg xmlns='http://www.w3.org/2000/svg' {attributes}/>".encode()
    assert inspect(data) == Drawing(width, height)


def test_a_missing_namespace_is_noted() -> None:
    assert inspect(b"<svg width='1' height='2'/>") == Drawing(1, 2, ("no-namespace",))
    assert refused(b"<svg><script/></svg>").reason == "active-svg"


@given(st.text(alphabet="<>/='\"&;#[]! svgrectonload:urlhef()\\@-?", max_size=60))
def test_no_text_makes_it_raise(text: str) -> None:
    assert isinstance(inspect(pictures.svg(body=text)), Drawing | Refusal)
    assert isinstance(inspect(text.encode()), Drawing | Refusal)
