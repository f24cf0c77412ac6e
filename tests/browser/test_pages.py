"""Every page: what it shows of a real demo, at any width, in light and dark, for everybody, now and in the past."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.test_line import LINE, opened

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[1] / "wire" / "node" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = {"serious", "critical"}
PAGES = {
    "/": "lt-mimic article.machine",
    f"/line/{LINE}": "#timeline rect.interval",
    f"/machine/{LINE}/filler": "lt-machine .value[data-quality=good]",
    f"/trends?tag={LINE}/filler/vibration": "#trend canvas",
    "/alarms": "lt-alarms h2",
    "/connections": ".link[data-state=up]",
    "/connect": "lt-connect form.door",
    "/docs": "#operations .role",
}
"""Address -> what is there once the page is."""


def shown(page, demo, path):
    page.goto(demo.url(path))
    page.wait_for_selector(PAGES[path])
    return page


@pytest.mark.parametrize("path", PAGES)
def test_page_fits_reads_well_in_both_themes_and_asks_nobody_else(seen, demo, path):
    """Nothing scrolls sideways on a phone or a wall, axe finds nothing serious, nothing leaves this machine."""
    page = shown(seen.page, demo, path)
    for width in (1920, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function("(width) => document.documentElement.scrollWidth <= width", arg=width)  # charts follow
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        only = "{ resultTypes: ['violations'] }" if theme == "light" else "{ runOnly: ['color-contrast'] }"
        for one in page.evaluate(f"axe.run(document, {only}).then(({{ violations }}) => violations)"):
            nodes = [node["html"][:200] for node in one["nodes"][:3]]
            found += [(theme, one["id"], nodes)] if one["impact"] in SERIOUS else []
    assert found == []
    assert seen.hosts == {"127.0.0.1"}
    assert seen.complaints == []


def test_api_page_names_every_route_and_its_role(page, demo):
    shown(page, demo, "/docs")
    rows = page.locator(".operation").all()
    roles = {one.locator("h3 code").inner_text(): one.locator(".role").inner_text() for one in rows}
    assert roles["WS /api/v1/live"] == "role view"
    assert roles["GET /healthz"] == "open to all"
    assert roles["GET /api/v1/states"] == "role view"
    assert roles["POST /api/v1/samples"] == "role operate"


def test_machine_page_shows_limits_stops_and_the_way_back(page, demo):
    opened(page, demo, f"/machine/{LINE}/filler")
    expect(page.locator("lt-machine .measured tbody tr")).to_have_count(5)
    expect(page.locator("lt-machine .measured .bar-svg").first).to_be_visible()
    expect(page.locator("lt-machine .spark path").first).to_be_visible()
    expect(page.locator("lt-stops tbody tr").first).to_contain_text(re.compile("Down|Blocked|Idle|Stopped|Starved"))
    expect(page.locator("lt-history ts-chart")).to_have_count(4)
    page.locator(".crumbs a", has_text="line1").click()
    expect(page.locator("article.machine")).to_have_count(5)


def test_oee_is_that_of_the_api_and_opens_to_what_it_is_made_of(page, demo):
    """So far it grows with every second: what is shown lies among what the API says before and after."""
    opened(page, demo, f"/machine/{LINE}/filler")
    figure = page.locator("lt-oee [data-kpi=oee]")
    expect(figure).to_have_text(re.compile(r"\d+\.\d %"))
    query = {"asset": f"{LINE}/filler", "by": "shift", "from": "now", "to": "now", "explain": "1"}
    (result,) = demo.get("/oee", **query)["results"]
    assert float(figure.inner_text()[:-2]) == pytest.approx(100 * result["oee"], abs=0.3)
    page.locator("lt-oee summary").click()
    expect(page.locator("lt-oee .explained")).to_contain_text("OEE: availability × effectiveness × quality")
    assert page.locator("lt-oee .intervals tbody tr").count() >= len(result["explain"]["states"])
    expect(page.locator("lt-oee .explained a", has_text="filler/total")).to_be_visible()


def test_connections_show_what_should_be_known_before_any_figure(page, demo):
    def told(route):
        answer = route.fetch()
        body = answer.json()
        for one in body["connections"]:
            one["notices"] = {"own_certificate": "our certificate <b>4F:1A</b> ends soon"}
        route.fulfill(response=answer, json=body)

    page.route("**/api/v1/connections", told)
    shown(page, demo, "/connections")
    s7 = page.locator('.link[data-connection="s7"]')
    rate = s7.locator(".first div", has_text="values/s, 10 s").locator("dd")
    expect(rate).not_to_have_text(re.compile(r"^0$|–"), timeout=30_000)
    expect(s7.locator(".first div", has_text="lag, 99 % within").locator("dd")).to_have_text(
        re.compile(r"s$"), timeout=30_000
    )
    expect(s7.locator(".first div", has_text="reconnects").locator("dd")).to_have_text("0")
    s7.locator("summary", has_text="all figures").click()
    expect(s7.locator(".more")).to_contain_text(re.compile(r"publishing, asked → granted\s*0.250 s → 0.250 s"))
    expect(s7.locator(".notices")).to_contain_text("own certificate our certificate <b>4F:1A</b> ends soon")
    order = "(card) => [...card.children].map((one) => one.className)"
    classes = s7.evaluate(order)
    assert classes.index("notices") < classes.index("facts first")


def test_theme_is_chosen_and_remembered(page, demo):
    opened(page, demo, "/")
    back = "getComputedStyle(document.body.parentElement).backgroundColor"
    light = page.evaluate(back)
    page.locator("lt-theme select").select_option("dark")
    dark = page.evaluate(back)
    assert dark != light
    page.goto(demo.url("/connections"))
    assert page.evaluate(back) == dark


def test_any_moment_is_in_the_address_and_is_not_taken_for_the_present(page, demo):
    """The state shown is that of the API at this moment; the way back to live is one click."""
    now = demo.get("/state")["as_of"]
    minute = int(now[14:16])
    at = f"{now[:14]}{minute:02d}:00Z" if minute else now
    page.goto(demo.url(f"/line/{LINE}?at={at}"))
    page.wait_for_selector("body[data-link=past]")
    expect(page.locator("#past")).to_contain_text("Nothing here is the present. One plant model, ever since.")
    expected = {one["asset"]: (one["state"], one["since"]) for one in demo.get("/state", at=at)["machines"]}
    shown = page.locator("article.machine").all()
    found = {
        one.get_attribute("data-asset"): (one.get_attribute("data-state"), one.get_attribute("data-ts"))
        for one in shown
    }
    assert found == expected
    page.locator("nav[aria-label=Pages] a", has_text="Trends").click()
    expect(page.locator("#past")).to_be_visible()
    page.get_by_role("button", name="Back to live").click()
    page.wait_for_selector("body[data-link=live]")
    assert "at=" not in page.url


def test_a_moment_is_written_into_the_field(page, demo):
    opened(page, demo, "/")
    field = page.locator("#moment")
    written = field.input_value()
    earlier = f"{written[:-2]}00"
    field.fill(earlier)
    field.press("Enter")
    page.wait_for_selector("body[data-link=past]")
    expect(field).to_have_value(earlier)
    expect(page.locator("#as-of")).to_have_text(earlier[11:])


def test_something_is_broken_by_a_button_and_seen(page, demo):
    opened(page, demo, "/")
    page.locator("[data-break='labeller.jam']").click()
    expect(page.locator("lt-break .told")).to_contain_text("The labeller stops")
    labeller = page.locator("article.machine[data-asset$=labeller]")
    expect(labeller).to_have_attribute("data-state", "down", timeout=15_000)


def test_a_pulled_cable_is_seen_with_its_cause(page, demo):
    """The real wire is cut: the values of its machines are stale, the connection says why."""
    opened(page, demo, "/")
    demo.post("/demo/break", what="cable:s7", seconds=3)
    filler = page.locator("article.machine[data-asset$=filler]")
    expect(filler).to_have_attribute("data-state", "unknown", timeout=20_000)
    expect(filler.locator(".value[data-quality=stale]").first).to_be_visible()
    page.locator("lt-tile .bad-link", has_text="s7").click()
    expect(page.locator(".link[data-connection=s7]")).to_have_attribute("data-state", "up", timeout=40_000)


def test_a_score_above_its_limit_is_not_called_as_learnt(page, demo):
    """Before an alert comes it must have stood there for three minutes of running; the page does not wait for that."""

    def worse(route):
        answer = route.fetch()
        told = answer.json()
        for one in told["machines"]:
            one |= {"state": "watching", "score": 2.0}
        route.fulfill(response=answer, json=told)

    page.route("**/api/v1/condition?*", worse)
    opened(page, demo, f"/machine/{LINE}/filler")
    expect(page.locator("lt-condition .state-word")).to_contain_text("above its limit, no alert yet")


def test_a_time_that_is_missing_for_two_causes_counts_once(page, demo):
    shown(page, demo, "/connections")
    folder = page.locator("script[src$='main.js']").get_attribute("src").removesuffix("main.js")
    gaps = [{"from": 0, "to": 27}, {"from": 1, "to": 28}, {"from": 2, "to": 3}, {"from": 50, "to": 60}]
    counted = page.evaluate("([at, gaps]) => import(at).then((it) => it.missing(gaps))", [f"{folder}samples.js", gaps])
    assert counted == {"count": 2, "length": 38}
