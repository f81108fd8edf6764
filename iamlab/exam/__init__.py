"""Questions that the engine makes and marks: exams and drills, your own account, the last page."""

from typing import TYPE_CHECKING

from iamlab.display import lazily

if TYPE_CHECKING:
    from iamlab.exam.exports import export as export
    from iamlab.exam.forms import exam_paths as exam_paths
    from iamlab.exam.items import Item as Item
    from iamlab.exam.items import Quiz as Quiz
    from iamlab.exam.knowledge_bank import knowledge as knowledge
    from iamlab.exam.night_page import IncidentPage as IncidentPage
    from iamlab.exam.night_page import incident_page as incident_page
    from iamlab.exam.own_account import quiz as quiz
    from iamlab.exam.report import Report as Report
    from iamlab.exam.sitting import Exam as Exam
    from iamlab.exam.sitting import exam as exam
    from iamlab.exam.templates import contrast_pair as contrast_pair

_HOME = {
    **dict.fromkeys(("IncidentPage", "incident_page"), "night_page"),
    **dict.fromkeys(("Item", "Quiz"), "items"),
    **dict.fromkeys(("Exam", "exam"), "sitting"),
    "Report": "report",
    "contrast_pair": "templates",
    "exam_paths": "forms",
    "export": "exports",
    "knowledge": "knowledge_bank",
    "quiz": "own_account",
}

__all__ = sorted(_HOME)  # noqa: PLE0605

__getattr__ = lazily(__name__, _HOME)
