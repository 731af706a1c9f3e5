"""How changes to software reach production."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import SERVICE, UPDATED, entity, not_before
from bizops_pipeline.contracts.table import Table, flag, instant, text

REPOSITORY = text("repository", "Repository.", required=True)

CHANGE = entity(
    "change",
    "one row per change (pull or merge request)",
    "Proposed changes to code, with the clocks of their review.",
    text("change_id", "Change key.", required=True),
    REPOSITORY,
    SERVICE,
    text("author_hash", "Author, hashed.", personal=True),
    flag("is_bot", "Whether a program wrote it."),
    instant("first_commit_at", "When its first commit was authored."),
    instant("created_at", "When it was opened for review.", required=True),
    instant("first_review_at", "First review or comment by another person."),
    instant("approved_at", "When it was approved."),
    instant("merged_at", "When it was merged; NULL while it is not."),
    text("merge_commit_sha", "Commit that carries it on the main branch."),
    UPDATED,
)

COMMIT = entity(
    "commit",
    "one row per commit",
    "Commits, linked to the change that brought them.",
    text("commit_id", "Commit key: repository and hash.", required=True),
    REPOSITORY,
    text("commit_sha", "Commit hash.", required=True),
    text("change_id", "Change it belongs to."),
    instant("authored_at", "When it was written.", required=True),
)

DEPLOYMENT = entity(
    "deployment",
    "one row per deployment of one repository",
    "Attempts to bring a commit into an environment.",
    text("deployment_id", "Deployment key.", required=True),
    text("deployment_group_id", "Deployment that several repositories or commits went out with; counts once."),
    REPOSITORY,
    text("scope", "Pipeline or project that deploys; previous successes are looked for inside it."),
    SERVICE,
    text("environment", "Conformed environment.", allowed=("production", "staging", "test")),
    text("result", "Conformed result.", required=True, allowed=("success", "failure", "cancelled")),
    text("original_result", "Result in the source's own words."),
    instant("queued_at", "When it was asked for."),
    instant("started_at", "When it began."),
    instant("finished_at", "When it ended.", required=True),
    text("reason", "Why it was made.", allowed=("planned", "fix", "rollback")),
    text("commit_sha", "Commit that was deployed."),
    rules=(not_before("started_at", "finished_at"),),
)

DEPLOYMENT_COMMIT = entity(
    "deployment_commit",
    "one row per deployment and commit",
    "Which commits a deployment brought over the previous success.",
    text("deployment_commit_id", "Key: deployment and commit.", required=True),
    text("deployment_id", "Deployment.", required=True),
    text("commit_sha", "Commit hash.", required=True),
)

PIPELINE_RUN = entity(
    "pipeline_run",
    "one row per run of a build pipeline",
    "Automatic builds and tests of commits.",
    text("pipeline_run_id", "Run key.", required=True),
    REPOSITORY,
    text("pipeline", "Pipeline or workflow that ran."),
    SERVICE,
    text("result", "Conformed result; NULL while it runs.", allowed=("success", "failure", "cancelled")),
    text("original_result", "Result in the source's own words."),
    instant("queued_at", "When it was asked for."),
    instant("started_at", "When it began.", required=True),
    instant("finished_at", "When it ended; NULL while it runs."),
    text("commit_sha", "Commit that was built."),
    UPDATED,
    rules=(not_before("queued_at", "started_at"), not_before("started_at", "finished_at")),
)

ENTITIES: tuple[Table, ...] = (
    CHANGE,
    COMMIT,
    DEPLOYMENT,
    DEPLOYMENT_COMMIT,
    PIPELINE_RUN,
)
