import anywidget
import traitlets


class KdLens(anywidget.AnyWidget):
    """kd-lens in a notebook: `lens = KdLens(settings={"dataset": "shapes32"})`, then `lens.send({"call": "run"})` or its button."""

    _esm = "https://example.org/kd-lens/widget.mjs"
    src = traitlets.Unicode("https://example.org/kd-lens/").tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)
    parts = traitlets.List(["teach"]).tag(sync=True)
    hide = traitlets.List().tag(sync=True)
    lock = traitlets.List().tag(sync=True)
    theme = traitlets.Unicode("auto").tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    results = traitlets.Dict().tag(sync=True)
    notes = traitlets.List().tag(sync=True)
