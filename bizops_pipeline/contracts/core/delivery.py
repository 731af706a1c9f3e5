"""Changes to software and their deployments."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import SERVICE, conformed, fact, item_of
from bizops_pipeline.contracts.table import Table, business_date, day, flag, instant, integer, seconds, text

FCT_CHANGE = fact(
    "fct_change",
    "one row per merged change",
    "Merged changes with the parts of their way to production; a part that would be negative is NULL.",
    text("change_id", "Change.", required=True),
    text("repository", "Repository."),
    SERVICE,
    flag("is_bot", "Whether a program wrote it."),
    instant("first_commit_at", "First commit authored."),
    instant("created_at", "Opened for review.", required=True),
    instant("first_review_at", "First review by another person."),
    instant("merged_at", "Merged.", required=True),
    business_date("merged_at"),
    text("deployment_id", "First production deployment that contains it."),
    instant("deployed_at", "When that deployment ended; NULL while undeployed."),
    business_date("deployed_at"),
    text(
        "undeployed_reason",
        "Why it has no deployment; NULL when it has one.",
        allowed=("not_deployed", "before_baseline"),
    ),
    seconds("coding_seconds", "Opened less first commit."),
    seconds("pickup_seconds", "First review less opened."),
    seconds("review_seconds", "Merged less first review."),
    seconds("merge_to_deploy_seconds", "Deployed less merged."),
    seconds("lead_time_seconds", "Deployed less first commit: end less start, not a sum of parts."),
    item=item_of("change"),
)

FCT_DEPLOYMENT = fact(
    "fct_deployment",
    "one row per deployment of one repository",
    "Deployments, their previous success and whether an incident is attributed to them.",
    text("deployment_id", "Deployment.", required=True),
    text(
        "deployment_group_id",
        "What counts as one deployment: the group, or the deployment itself.",
        required=True,
    ),
    text("repository", "Repository."),
    SERVICE,
    text("environment", "Where it went.", allowed=conformed("deployment", "environment")),
    text("result", "How it ended.", allowed=conformed("deployment", "result")),
    text("reason", "Why it was made.", allowed=conformed("deployment", "reason")),
    instant("started_at", "When it began."),
    instant("finished_at", "When it ended.", required=True),
    business_date("finished_at"),
    instant(
        "group_finished_at",
        "When the last successful production part of its group ended; the last of any when none succeeded there.",
        required=True,
    ),
    business_date("group_finished_at"),
    flag("is_production_success", "Successful and in production: what delivery metrics count.", required=True),
    flag(
        "is_group_lead",
        "The last successful production part of its group: counts once for the group.",
        required=True,
    ),
    text("previous_success_id", "Previous successful deployment of the same scope, repository and environment."),
    flag(
        "is_baseline",
        "First success of its scope, repository and environment: its commits are not attributed.",
        required=True,
    ),
    integer("attributed_incidents", "Incidents attributed to its group."),
    flag("is_failed_change", "Whether at least one incident is attributed to its group.", required=True),
)

FCT_DEPLOYMENT_WEEK = fact(
    "fct_deployment_week",
    "one row per service and ISO week",
    "On how many days of a week a service was deployed to production. Every service has all weeks from that of its "
    "first deployment to the last one that is over, weeks without a deployment included; deployments of no known "
    "service have no row.",
    text("deployment_week_id", "Service and week.", required=True),
    SERVICE,
    day("week_end_date", "Sunday of the ISO week; the week belongs to the period of this day.", required=True),
    integer("deployment_days", "Distinct days with a successful production deployment, 0 to 7.", required=True),
)

FCT_PIPELINE_RUN = fact(
    "fct_pipeline_run",
    "one row per run of a build pipeline",
    "Builds with their result and duration.",
    text("pipeline_run_id", "Run.", required=True),
    SERVICE,
    text("repository", "Repository."),
    text("pipeline", "Pipeline or workflow that ran."),
    text("result", "How it ended; NULL while it runs.", allowed=conformed("pipeline_run", "result")),
    instant("started_at", "When it began.", required=True),
    business_date("started_at"),
    instant("finished_at", "When it ended."),
    business_date("finished_at"),
    seconds("queue_seconds", "Started less asked for."),
    seconds("run_seconds", "Ended less started."),
)

DIMENSIONS: tuple[Table, ...] = ()
FACTS: tuple[Table, ...] = (
    FCT_CHANGE,
    FCT_DEPLOYMENT,
    FCT_DEPLOYMENT_WEEK,
    FCT_PIPELINE_RUN,
)
