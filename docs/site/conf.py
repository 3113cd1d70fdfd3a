"""How `make site` turns the pages that spoken_digits/site.py gathers into HTML."""

from spoken_digits.check import release as version_of_the_series

project = "Spoken digits"
copyright = "its contributors. Text and figures: CC BY 4.0"
release = version_of_the_series()

extensions = ["myst_nb"]
exclude_patterns = ["originals"]  # the notebooks to download, beside the pages made of them
html_theme = "furo"
html_title = "Spoken digits"
html_favicon = "_static/wave.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False  # each page has a link to its notebook
html_show_sphinx = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 3
myst_heading_slug_func = "spoken_digits.pages.anchor"  # as JupyterLab has them

nb_execution_mode = "off"  # the committed outputs are shown
nb_ipywidgets_js = {}  # they would come from elsewhere; a sentence stands in for each button
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
