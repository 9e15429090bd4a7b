"""The search box over more campaigns than are searched at once."""

from collections.abc import Iterator

import pytest

from domain.model.ids import CampaignId
from entrypoints.application import Application
from entrypoints.console.screens.search import TOGETHER
from tests.console.office import Office, Sale, an_office
from tests.support.codes import a_batch

SEARCH = "/console/search"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """With one campaign more than is searched at once."""

    async def stock(app: Application) -> None:
        for number in range(TOGETHER + 1):
            await app.codes.reserve.pool.add(a_batch(["SAME"], campaign_id=CampaignId(f"c-{number:04}")))

    with an_office(tmp_path_factory.mktemp("large")) as office:
        office.do(stock)
        yield office


def test_what_is_behind_the_first_thousand_campaigns_is_found_next(office: Office) -> None:
    last = Sale(office, f"c-{TOGETHER:04}")
    last.stock("LAST")
    staff = office.staff()
    first = staff.post(SEARCH, [("text", "LAST")])
    assert "Nothing was found" in first.text
    assert "1,000 campaigns were searched. There are more." in first.text
    (form,) = [form for form in first.page.forms if ("text", "LAST") in form.fields]
    second = staff.send(form)
    assert f"{last.at('codes', 'one')}?code=LAST" in second.page.links
    assert "There are more" not in second.text


def test_of_many_hits_each_leads_to_its_campaign(office: Office) -> None:
    shown = office.staff().post(SEARCH, [("text", "SAME")])
    assert len([link for link in shown.page.links if link.endswith("?code=SAME")]) == TOGETHER


def test_a_token_for_few_of_them_searches_these_at_once(office: Office) -> None:
    staff = office.staff(campaigns=["c-0007", f"c-{TOGETHER:04}"])
    shown = staff.post(SEARCH, [("text", "SAME")])
    assert len([link for link in shown.page.links if link.endswith("?code=SAME")]) == 2
    assert "There are more" not in shown.text


@pytest.mark.parametrize("cursor", ["x", "\u202e", "a" * 5_000])
def test_a_cursor_that_is_none_is_refused(office: Office, cursor: str) -> None:
    assert office.staff().post(SEARCH, [("text", "SAME"), ("cursor", cursor)]).status == 422
