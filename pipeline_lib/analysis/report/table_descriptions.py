"""What the tables beside the report show, in a sentence each."""

from pipeline_lib.model.coding_plan import AnalysisFile

_SENTENCES = {
    AnalysisFile.ENGAGEMENT_COUNTS: "Messages and participants per episode: all, opted in, labelled, relevant.",
    AnalysisFile.REPEAT_PARTICIPATIONS: "How many participants took part in one episode, in two, and so on.",
    AnalysisFile.THEME_DISTRIBUTIONS: (
        "Participants per theme of each episode, with shares of the relevant ones, by what they said of themselves."
    ),
    AnalysisFile.DEMOGRAPHIC_DISTRIBUTIONS: "Participants by what they said of themselves.",
    AnalysisFile.SAMPLE_MESSAGES: (
        "Up to a hundred labelled messages of each code, drawn by chance, without their senders."
    ),
    AnalysisFile.TRAFFIC_ANALYSIS: "Messages within each labelled range of time, such as a promotion.",
    AnalysisFile.ESTIMATED_ENGAGEMENT_TYPES: "Messages by how their senders said that they take part.",
    AnalysisFile.LOYALTY: "Participants by the combination of episodes that they took part in.",
    AnalysisFile.IMPACT_MESSAGES: "Messages about the conversation and its effects.",
    AnalysisFile.PER_SHOW_PARTICIPATION: "How many participants of each show were new, and how many came back.",
}


def described(filename: str) -> str:
    """What a table shows; an empty text if only its name describes it."""
    stem = filename.removesuffix(".csv")
    if stem.startswith("facebook_metrics"):
        return "Views, reactions and comments of each post, as Facebook told them."
    if stem.startswith("cross_tab_"):
        return "Participants by two things that they said, each against the other."
    return next((sentence for file, sentence in _SENTENCES.items() if file == stem), "")
