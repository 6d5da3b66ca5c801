"""The few shapes that the pictures are made of, as SVG text. Colours are in one style sheet, for light and dark."""

from xml.sax.saxutils import escape

STYLE = """\
text { font: 11px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #24292f; }
.back { fill: #ffffff; }
.title { font-size: 17px; font-weight: 600; }
.head { font-size: 12px; font-weight: 600; }
.soft { fill: #57606a; }
.ours { font-weight: 600; }
.bar-ours { fill: #0b7285; }
.bar-peer { fill: #8fa3b8; }
.bar-proxy { fill: #c3ccd6; }
.bar-limit { fill: none; stroke: #8c6a00; stroke-dasharray: 3 2; }
.whisker { stroke: #24292f; stroke-opacity: 0.55; fill: none; }
.one { stroke: #0b7285; stroke-opacity: 0.7; stroke-dasharray: 2 3; fill: none; }
.grid { stroke: #57606a; stroke-opacity: 0.25; fill: none; }
.curve-ours { stroke: #0b7285; stroke-width: 2; fill: none; }
.curve-floor { stroke: #8c6a00; stroke-width: 2; stroke-dasharray: 5 3; fill: none; }
.dot-ours { fill: #0b7285; }
.dot-floor { fill: #8c6a00; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .back { fill: #0d1117; }
  .soft { fill: #9198a1; }
  .bar-ours { fill: #2bb6cf; }
  .bar-peer { fill: #5d7187; }
  .bar-proxy { fill: #3a4757; }
  .bar-limit, .curve-floor { stroke: #d9b44a; }
  .dot-floor { fill: #d9b44a; }
  .whisker { stroke: #e6edf3; }
  .one, .curve-ours { stroke: #2bb6cf; }
  .dot-ours { fill: #2bb6cf; }
  .grid { stroke: #9198a1; }
}
"""


def number(value):
    return f"{value:.1f}".removesuffix(".0")


def text(x, y, words, style="", anchor="start"):
    return f'<text x="{number(x)}" y="{number(y)}" class="{style}" text-anchor="{anchor}">{escape(words)}</text>'


def box(x, y, width, height, style, radius=0):
    return (f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" '
            f'class="{style}" rx="{radius}"/>')


def line(x1, y1, x2, y2, style):
    return f'<path d="M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}" class="{style}"/>'


def curve(points, style):
    steps = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f'<path d="M{steps}" class="{style}"/>'


def dot(x, y, style):
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="3" class="{style}"/>'


def whole(width, height, title, shapes):
    """The document. The title is what a screen reader says."""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{number(height)}" '
        f'viewBox="0 0 {width} {number(height)}" role="img">',
        f"<title>{escape(title)}</title>", f"<style>\n{STYLE}</style>", box(0, 0, width, height, "back"),
        *shapes, "</svg>", ""])
