"""Reports in a real browser: what a reader has opened outlives that the same reports are told again."""

import pytest

from playground.evaluation.running import Step, report_of
from playground.registry import questions
from playground.ui.evaluation_view import shown_reports
from tests.evaluation.stand_ins import PAIR, examined

pytestmark = pytest.mark.browser
PAGE = """<body><div id="view"><div class="reports"></div></div><script>
window.Playground = {labels: {}};
</script>%s<script>
window.props = {value: null};
const watch = (name, f) => { window.changed = f; };
Playground.reports(document.getElementById("view"), props, watch);
window.tell = (value) => { props.value = value; changed(); };
</script></body>"""


def told(*names):
    says = examined(lambda who, text: "I am sorry, I cannot help with that.")
    return shown_reports(PAIR, [(report_of(Step(questions()[name], PAIR), says), None) for name in names])


@pytest.fixture
def view(scripted):
    return scripted(PAGE)


def test_what_was_opened_stays_open_when_it_is_told_again_or_another_report_joins_it(view):
    first = told("refusals")
    view.evaluate("value => tell(value)", first)
    view.locator(".report summary").click()
    view.locator(".report article").first.wait_for()
    view.evaluate("value => tell(value)", first)
    both = told("facts", "refusals")
    both["reports"][1] = first["reports"][0]
    view.evaluate("value => tell(value)", both)
    assert view.locator(".report").count() == 2
    assert view.locator(".report[data-question=refusals] article").first.is_visible()
    assert view.locator(".report[data-question=facts] article").count() == 0


def test_a_report_that_was_made_anew_takes_the_place_of_the_old_one_as_open_as_that_was(view):
    one = told("refusals")
    view.evaluate("value => tell(value)", one)
    view.locator(".report summary").click()
    one["reports"][0]["summary"] = "It was asked again."
    view.evaluate("value => tell(value)", one)
    assert view.locator(".report .summary").all_inner_texts() == ["It was asked again."]
    view.locator(".report article").first.wait_for()  # as open as it was
