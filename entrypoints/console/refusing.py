"""A form with refused values: it is shown again, with what is wrong, and nothing that was typed is lost."""

from typing import Final

from entrypoints.http.response.problems import Problem
from entrypoints.http.response.refusals import problem_of

UNPROCESSABLE: Final = 422


def refusal_of(error: Exception) -> Problem:
    """What to show beside the form. Raises the error where no other value would help."""
    problem = problem_of(error)
    if problem.status != UNPROCESSABLE:
        raise error
    return problem
