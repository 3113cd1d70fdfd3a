"""A real JupyterLab and a real Chromium for the tests: start both, open a notebook, run cells."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import nbformat

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
ROOT_USER = hasattr(os, "geteuid") and os.geteuid() == 0
PATIENCE = 120  # seconds for what takes two on a machine with nothing else to do
SETTINGS = {
    # The question whether to fetch news, as `make lab` leaves it out.
    "config/labconfig/page_config.json": {
        "disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}
    },
    # Two windows on one notebook would ask which of them may save.
    "lab/@jupyterlab/docmanager-extension/plugin.jupyterlab-settings": {"autosave": False},
    # As in the menu, Settings, Save Widget State Automatically: no voice may be in that.
    "lab/@jupyter-widgets/jupyterlab-manager/plugin.jupyterlab-settings": {"saveState": True},
}


@contextmanager
def jupyterlab(folder, settings, pythonpath):
    """Start JupyterLab in the project's folder as `make lab` does, with settings of its own.

    Gives its address and its token. `pythonpath` is where the kernels import from first.
    """
    for name, content in SETTINGS.items():
        (settings / name).parent.mkdir(parents=True)
        (settings / name).write_text(json.dumps(content))
    token, port = secrets.token_hex(16), free_port()
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(settings / "config"),
        "JUPYTER_DATA_DIR": str(settings / "data"),
        "JUPYTER_RUNTIME_DIR": str(settings / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings / "lab"),
        "JUPYTERLAB_WORKSPACES_DIR": str(settings / "workspaces"),
        "IPYTHONDIR": str(settings / "ipython"),
        "JUPYTER_TOKEN": token,
        "PYTHONPATH": str(pythonpath),
    }
    command = [sys.executable, "-m", "jupyterlab", str(folder), "--no-browser", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--ServerApp.port_retries=0"]
    command += ["--LabApp.expose_app_in_browser=True"]  # window.jupyterapp, used below
    command += ["--ServerApp.allow_remote_access=True"]  # for an address that is not localhost
    command += ["--allow-root"] * ROOT_USER
    log = settings / "lab.log"
    with log.open("w") as file:
        server = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        wait_for_port(port, server, log)
        yield f"http://localhost:{port}", token
    finally:
        server.terminate()  # JupyterLab ends its kernels, then itself
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()


def free_port():
    """A TCP port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port, server, log):
    """Wait until the server listens on the port; fail with its last words where it does not."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        with socket.socket() as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start: {log.read_text()[-2000:]}")


@contextmanager
def chromium(playwright, *options):
    """A new window of Chromium, with command-line options."""
    options = ["--no-sandbox"] * ROOT_USER + list(options)  # the sandbox refuses to serve root
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
    try:
        page = browser.new_page(viewport={"width": 1300, "height": 1400})
        page.set_default_timeout(1000 * PATIENCE)
        yield page
    finally:
        browser.close()


def open_notebook(page, address, token, name):
    """Open a notebook in JupyterLab and wait until its cells and its kernel are there."""
    page.goto(f"{address}/lab/tree/notebooks/{name}?reset&token={token}")
    page.wait_for_selector(".jp-NotebookPanel:visible .jp-Cell")
    page.wait_for_function(
        """() => {
          const kernel = jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel;
          return kernel?.connectionStatus === "connected" && kernel.status === "idle";
        }"""
    )


def run_code(page, code):
    """Run some code in the kernel of the notebook on the page, and wait. Its errors are told."""
    failed = page.evaluate(
        """async (code) => {
          const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
          const reply = await kernel.requestExecute({ code }).done;
          return reply.content.status === "ok" ? null : reply.content.evalue;
        }""",
        code,
    )
    assert failed is None, failed


def run_all(page):
    """Clear all outputs, press Run All Cells in the menu, and wait for the end, or an error."""
    page.evaluate("() => jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.click(".lm-MenuBar-itemLabel:text-is('Run')")
    page.click(".lm-Menu-itemLabel:text-is('Run All Cells')")
    page.wait_for_function(
        """() => {
          const { content, sessionContext } = jupyterapp.shell.currentWidget;
          const cells = content.widgets.map((cell) => cell.model.toJSON());
          const code = cells.filter((cell) => cell.cell_type === "code");
          const failed = code.some((cell) => cell.outputs.some((o) => o.output_type === "error"));
          const done = code.every((cell) => cell.execution_count);
          return (failed || done) && sessionContext.session.kernel.status === "idle";
        }""",
        timeout=3000 * PATIENCE,
    )


def run(page, name, above=False):
    """Run the cell of that id, and first all cells above it if so asked. Returns the cell.

    A cell that fails is told at once: what comes after it was not run.
    """
    page.evaluate(
        """async ([name, commands, seconds]) => {
          const { content } = jupyterapp.shell.currentWidget;
          const place = content.widgets.findIndex((cell) => cell.model.id === name);
          const run = async () => {
            for (const command of commands) {
              content.activeCellIndex = place;
              await jupyterapp.commands.execute(command);
            }
          };
          const late = (_, reject) => setTimeout(() => reject(name + " hangs"), 1000 * seconds);
          await Promise.race([run(), new Promise(late)]);
        }""",
        [name, ["notebook:run-all-above"] * above + ["notebook:run-cell"], 5 * PATIENCE],
    )
    outputs = [output for cell in notebook(page).cells for output in cell.get("outputs", [])]
    assert not [output.evalue for output in outputs if output.output_type == "error"]
    return cell(page, name)


def spoken_image(session, place):
    """What a screen reader is told of one image in the outputs, by its place; None: nothing.

    From Chromium's accessibility tree, by a CDPSession of Playwright. Not the whole tree of the
    page for each image: that took most of the time of these tests.
    """
    find = f"document.querySelectorAll('.jp-OutputArea img')[{place}]"
    image = session.send("Runtime.evaluate", {"expression": find})["result"]["objectId"]
    only_it = {"objectId": image, "fetchRelatives": False}
    (node,) = session.send("Accessibility.getPartialAXTree", only_it)["nodes"]
    return None if node["ignored"] else node["name"]["value"]


def cell(page, name):
    """The cell of that id, of the notebook on the page."""
    names = [cell.id for cell in notebook(page).cells]
    return page.locator(".jp-NotebookPanel:visible .jp-Cell").nth(names.index(name))


def notebook(page):
    """The notebook on the page as it would be saved now."""
    return nbformat.from_dict(page.evaluate("() => jupyterapp.shell.currentWidget.model.toJSON()"))
