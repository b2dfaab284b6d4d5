"""How Sphinx makes the book; `book.build` calls it, and gives it the tree of pages."""

project = html_title = "Replication of an adaptive-LSTM action recognition paper"
language = "en"
extensions = ["myst_nb", "book.extension"]
root_doc = "index"
exclude_patterns = ["_static"]
# Quotation marks and hyphens stay as they are written.
smartquotes = False
# Code in prose is of the shell; the cells of notebooks name their own language.
highlight_language = "text"

# Notebooks are shown as they are stored.
nb_execution_mode = "off"
nb_output_stderr = "error"
nb_merge_streams = True
# Only the parameters are folded away.
nb_code_prompt_show = "Show the parameters"
nb_code_prompt_hide = "Hide the parameters"
nb_render_markdown_format = "myst"
myst_enable_extensions = ["dollarmath", "linkify"]
myst_heading_anchors = 3
# Only what is written as an address is one: REPLICATION.md is a file.
myst_linkify_fuzzy_links = False

# Nothing is asked of another host when a page is opened.
nb_ipywidgets_js: dict[str, str] = {}
mathjax_path = "mathjax/tex-svg.js"
# Formulas have the numbers that the paper gives them, and no others.
mathjax3_config = {"tex": {"tags": "none"}}

html_theme = "sphinx_book_theme"
html_theme_options = {
    "home_page_in_toc": True,
    "navbar_persistent": [],
    "use_fullscreen_button": False,
    "footer_content_items": [],
    "show_toc_level": 2,
}
# One look, in which the pictures were made; the templates leave out the switch.
html_context = {"default_mode": "light"}
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_show_copyright = html_show_sphinx = False
# A page that is opened as a file may not read the others, which a summary would take.
html_show_search_summary = False
