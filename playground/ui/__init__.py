"""What a visitor sees and clicks: Gradio's components, and listeners that call the workbench.

Gradio (6.31) writes a stub file for editors beside each of its components whenever it is imported: that is four tenths
of its import, and this page has no use for it. Where a class has no file it writes none, so for this one import the
classes have none.
"""

import inspect
from unittest.mock import patch


def _no_file(thing: object) -> str:
    if inspect.isclass(thing):
        raise OSError("no stub file is wanted")
    return _file_of(thing)


_file_of = inspect.getfile
with patch.object(inspect, "getfile", _no_file):
    import gradio  # noqa: F401
