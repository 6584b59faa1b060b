"""Where somebody is the host by having signed in: how they stop being it in this browser."""

from __future__ import annotations

import gradio as gr

from playground.workbench import Workbench

_FORM = '<form method="post" action="/host/sign-out"><button>Sign out</button> Ends your rights in this browser.</form>'


def sign_out(bench: Workbench) -> None:
    """A button; nothing where everybody is their own host."""
    if bench.rights is not None:
        gr.HTML(_FORM, apply_default_css=False, elem_id="host-sign-out")
