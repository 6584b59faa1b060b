"""What the server tells, in a real browser fed by a stand-in for it: one stream per address, none while unseen."""

import pytest

pytestmark = pytest.mark.browser
PAGE = """<body><div id="one">1</div><div id="two">2</div><script>
window.Playground = {labels: {}};
window.streams = [];
window.EventSource = class {
  constructor(url) { this.url = url; this.open = true; streams.push(this); }
  close() { this.open = false; }
};
</script>%s<script>
window.told = {one: [], two: []};
const live = (id) => Playground.live(document.getElementById(id), (value) => told[id].push(value.n));
window.one = live("one");
window.two = live("two");
window.open_ones = () => streams.filter((stream) => stream.open).map((stream) => stream.url);
window.send = (value) => streams.filter((stream) => stream.open)[0].onmessage({data: JSON.stringify(value)});
window.seen = (visible) => {
  Object.defineProperty(document, "hidden", {configurable: true, get: () => !visible});
  document.dispatchEvent(new Event("visibilitychange"));
};
window.sight = (id, display) => {
  document.getElementById(id).style.display = display;
  document.dispatchEvent(new Event("visibilitychange"));
};
</script></body>"""


@pytest.fixture
def view(scripted):
    page = scripted(PAGE)
    page.evaluate("one.follow('/a'); two.follow('/a');")
    page.wait_for_function("open_ones().length > 0")
    return page


def open_ones(view):
    return view.evaluate("open_ones()")


def test_whoever_follows_one_address_shares_one_stream_and_everybody_is_told(view):
    assert open_ones(view) == ["/a"]
    view.evaluate("send({n: 1})")
    assert view.evaluate("told") == {"one": [1], "two": [1]}
    view.evaluate("send({n: 2, over: true})")
    assert view.evaluate("told") == {"one": [1, 2], "two": [1, 2]} and open_ones(view) == []


def test_whoever_follows_another_address_leaves_the_first_to_the_others(view):
    view.evaluate("two.follow('/b')")
    view.wait_for_function("open_ones().length === 2")
    assert sorted(open_ones(view)) == ["/a", "/b"]
    view.evaluate("one.follow('/b')")
    view.wait_for_function("open_ones().length === 1")
    assert open_ones(view) == ["/b"]


def test_one_that_joins_while_others_follow_is_told_what_is_so_now(view):
    view.evaluate("two.follow('/b'); two.follow('/a'); window.before = streams.length")
    view.wait_for_function("streams.length > before")
    assert open_ones(view) == ["/a"]  # a new one: the server's first message is the value as it stands


def test_a_hidden_page_keeps_no_stream_and_opens_it_again_when_it_is_seen(view):
    view.evaluate("seen(false)")
    assert open_ones(view) == []
    view.evaluate("one.follow('/a')")
    view.wait_for_timeout(100)
    assert open_ones(view) == []
    view.evaluate("seen(true)")
    assert open_ones(view) == ["/a"]


def test_what_is_over_is_not_opened_again_by_looking_at_it(view):
    view.evaluate("send({n: 1, over: true}); seen(false); seen(true)")
    assert open_ones(view) == []


def test_a_stream_stays_while_one_of_those_who_follow_it_is_in_sight(view):
    view.evaluate("sight('one', 'none')")
    assert open_ones(view) == ["/a"]
    view.evaluate("sight('two', 'none')")
    assert open_ones(view) == []
    view.evaluate("sight('one', '')")
    assert open_ones(view) == ["/a"]
