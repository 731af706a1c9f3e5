-- grain: one row per post
select
    post_id,
    brand,
    channel,
    sentiment,
    cast(case sentiment when 'positive' then 1 when 'neutral' then 0 when 'negative' then -1 end as bigint)
        as sentiment_sign,
    classifier_version,
    posted_at,
    replied_at,
    replied_at is not null as is_answered,
    date_diff('second', posted_at, replied_at) as response_seconds
from staging.social_post
