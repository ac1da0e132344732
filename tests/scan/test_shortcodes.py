"""Which shortcodes and tags show an image, and what only looks like one."""

from __future__ import annotations

import pytest
from tests.scan.found import lines, references

from holdfast.model import Place, Syntax
from holdfast.scan.shortcodes import HUGO, INCLUDES, LIQUID, VERBATIM_HUGO, VERBATIM_LIQUID

FOUND: dict[str, tuple[str, list[str]]] = {
    "Hugo figure": ('{{< figure src="i.png" title="a b" >}}', ["!shortcode i.png"]),
    "Hugo figure, Markdown form": ('{{% figure src="i.png" %}}', ["!shortcode i.png"]),
    "Hugo figure, self-closing": ("{{< figure src=`i.png` />}}", ["!shortcode i.png"]),
    "Hugo figure without quotes": ("{{< figure src=/i.png >}}", ["!shortcode /i.png"]),
    "Hugo figure without spaces": ('{{<figure src="i.png">}}', ["!shortcode i.png"]),
    "Hugo figure over lines": (
        'a\n\n{{< figure\n  src="https://a.example/i.png"\n  link="https://a.example/"\n>}}\n\nb',
        ["!shortcode https://a.example/i.png", "shortcode https://a.example/"],
    ),
    "Hugo figure that links to its image": (
        '{{< figure src="i.png" link="i.png" >}}',
        ["!shortcode i.png", "!shortcode i.png"],
    ),
    "Hugo positional": ('{{< img "i.png" "a caption" >}}', ["!shortcode i.png"]),
    "Hugo positional after a size": ("{{< image 300 /x/i >}}", ["!shortcode /x/i"]),
    "Hugo escape": (r'{{< figure src="i\"j.png" >}}', ["!shortcode i%22j.png"]),
    "Hugo with a body": (
        '{{< figure src="i.png" >}}![a](j.png){{< /figure >}}',
        ["!shortcode i.png", "!image j.png"],
    ),
    "Hugo video": ('{{< video src="/a.mp4" poster="i.png" >}}', ["!shortcode /a.mp4", "!shortcode i.png"]),
    "Hugo music": (
        '{{< music url="/a.mp3" name="b" cover="i.png" >}}',
        ["!shortcode /a.mp3", "!shortcode i.png"],
    ),
    "Hugo button": (
        '{{< button href="https://a.example/" >}}a{{< /button >}}',
        ["shortcode https://a.example/"],
    ),
    "Hugo in a list, a quote and a table": (
        "- {{< img a.png >}}\n\n> {{< img b.png >}}\n\n|a|\n|-|\n|{{< img src=c.png alt=`d|e` >}}|",
        ["!shortcode a.png", "!shortcode b.png", "!shortcode c.png"],
    ),
    "Hugo in HTML": ('<div>\n{{< figure src="i.png" >}}\n</div>', ["!shortcode i.png"]),
    "Hexo img": ("{% img left /x/i.png 100 200 'a title' %}", ["!shortcode /x/i.png"]),
    "Hexo img with a URL": ("{% img https://a.example/i.png %}", ["!shortcode https://a.example/i.png"]),
    "Hexo asset_img": ('{% asset_img big i.png 100 "a title" %}', ["!shortcode i.png"]),
    "Hexo asset_img with quotes": ('{% asset_img "a b.png" %}', ["!shortcode a%20b.png"]),
    "Hexo image with a comma": (
        "{% image https://a.example/i.png, alt=b %}",
        ["!shortcode https://a.example/i.png"],
    ),
    "Jekyll picture": ("{% picture thumb i.jpg --alt b %}", ["!shortcode i.jpg"]),
    "Jekyll responsive_image": ("{% responsive_image path: i.jpg alt: b %}", ["!shortcode i.jpg"]),
    "Jekyll include figure": ('{% include figure image_path="/i.png" alt="a" %}', ["!shortcode /i.png"]),
    "Jekyll include image": (
        "{%- include image.html url='i.png' link='page' -%}",
        ["!shortcode i.png", "shortcode page"],
    ),
    "Jekyll include in a folder": ('{% include_cached x/figure.liquid path="i.png" %}', ["!shortcode i.png"]),
    "Jekyll include over lines": (
        '{% include figure.html\n   src="i.png"\n   alt="a" %}',
        ["!shortcode i.png"],
    ),
    "an expression in an argument": (
        '{% include image.html url="{{ site.url }}/i.png" %}',
        ["!?shortcode {{ site.url }}/i.png"],
    ),
    "a variable as an argument": ("{% include image.html url=page.image %}", ["!?shortcode page.image"]),
    "a shortcode as a link's text": ('[{{< img "i.png" >}}](page)', ["!shortcode i.png", "link page"]),
}


@pytest.mark.parametrize(("source", "expected"), FOUND.values(), ids=FOUND.keys())
def test_found(source: str, expected: list[str]) -> None:
    assert lines(source) == expected


UNTOUCHED: dict[str, str] = {
    "in fenced code": '```\n{{< figure src="i.png" >}}\n{% img /i.png %}\n```',
    "in indented code": 'a\n\n    {{< figure src="i.png" >}}',
    "in inline code": '`{{< figure src="i.png" >}}` ``{% img /i.png %}``',
    "in an HTML comment": '<!-- {{< figure src="i.png" >}} -->',
    "shown, not called": '{{</* figure src="i.png" */>}} {{%/* img i.png */%}}',
    "commented out": '{{/* figure src="i.png" */}} {# img /i.png #}',
    "of another meaning": '{{< youtube id="x" >}} {% youtube a.b/c %} {{< ref "page.md" >}} {% link a.md %}',
    "an include of something else": '{% include toc.html url="a" %} {% include %}',
    "without an image": '{{< figure title="a" src="" >}} {% img left 100 %} {% asset_img %}',
    "never closed": '{{< figure src="i.png"\n\n>}} a',
    "closed by another": '{{< figure src="i.png" %}} {% img /i.png }}',
    "the source of another language": "{% highlight md %}\n![a](i.png)\n{% img /j.png %}\n{% endhighlight %}",
    "Hugo's highlight": "{{< highlight md >}}\n![a](i.png)\n{{< /highlight >}}",
    "Hexo's codeblock": "{% codeblock lang:md %}\n![a](i.png)\n{% endcodeblock %}",
    "Liquid's comment": "{% comment %}\n\n![a](i.png)\n\n{% endcomment %}",
}


@pytest.mark.parametrize("source", UNTOUCHED.values(), ids=UNTOUCHED.keys())
def test_not_found(source: str) -> None:
    assert lines(source) == []


def test_tags_in_code_open_and_close_nothing() -> None:
    source = (
        "`{% highlight %}` ![a](i.png) `{% endhighlight %}`\n\n```\n{{< highlight go >}}\n```\n\n![b](j.png)"
    )
    assert lines(source + "\n\n{{< /highlight >}}") == ["!image i.png", "!image j.png"]


def test_how_each_argument_is_written() -> None:
    source = "{{< img src=\"a.png\" >}} {{< img src=`b.png` >}} {{< img src=c.png >}} {% img 'd.png' %}"
    found = references(source)
    assert [(item.raw, item.syntax) for item in found] == [
        (b"a.png", Syntax.SHORTCODE_DOUBLE),
        (b"b.png", Syntax.SHORTCODE_BACKTICK),
        (b"c.png", Syntax.SHORTCODE_BARE),
        (b"d.png", Syntax.SHORTCODE_SINGLE),
    ]
    assert {item.place for item in found} == {Place.SHORTCODE}


CALLS = {"hugo": (HUGO, "{{{{< {0} {1}=u.png >}}}}"), "liquid": (LIQUID, "{{% {0} {1}=u.png %}}"),
         "include": (INCLUDES, '{{% include {0}.html {1}="u.png" %}}')}  # fmt: skip


@pytest.mark.parametrize("generator", CALLS)
def test_every_row_is_found_by_every_name_and_parameter(generator: str) -> None:
    rows, call = CALLS[generator]
    for row in rows:
        for name in sorted(row.names):
            for parameter in row.embeds:
                assert lines(call.format(name, parameter)) == ["!shortcode u.png"], (name, parameter)
            for parameter in row.links:
                assert lines(call.format(name, parameter)) == ["shortcode u.png"], (name, parameter)


def test_every_verbatim_tag_hides_its_body() -> None:
    for name in sorted(VERBATIM_LIQUID):
        assert lines(f"{{% {name} %}}![a](i.png){{% end{name} %}}![b](j.png)") == ["!image j.png"]
    for name in sorted(VERBATIM_HUGO):
        assert lines(f"{{{{< {name} >}}}}![a](i.png){{{{< /{name} >}}}}![b](j.png)") == ["!image j.png"]
