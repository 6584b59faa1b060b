"""Start the playground: settings, workbench, page, routes."""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")  # else every event ends with a pandas pass
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def main() -> None:
    """Launch and serve until interrupted."""
    from playground.errors import PlaygroundError
    from playground.settings import Settings
    from playground.workbench import Workbench

    settings = Settings.from_environment()
    print(f"Starting; in a few seconds the page is at http://{settings.host}:{settings.port} (Ctrl+C ends it).")
    try:
        bench = Workbench(settings)
    except PlaygroundError as error:
        raise SystemExit(f"{error.message} {error.hint}") from None
    bench.start()  # the children load torch while the page is being built

    from playground.api.routes import app_options
    from playground.ui.page import build_page, launch_options

    where = {"server_name": settings.host, "server_port": settings.port}
    try:
        build_page(bench).launch(**where, app_kwargs=app_options(bench), **launch_options(settings))
    except OSError as error:
        raise SystemExit(
            f"Port {settings.port} cannot be used. Set PLAYGROUND_PORT to another one. ({error})"
        ) from None
    finally:
        bench.close()


if __name__ == "__main__":
    main()
