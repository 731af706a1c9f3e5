-- grain: one row per grain and period that is over or runs on the as-of date, since the first objective began
select
    'month' as grain,
    month_start as period_start,
    max(date) as period_end,
    least(max(date), $as_of) as known_on
from core.dim_date
where month_start <= $as_of
    and last_day(date) >= (select min(period_from) from core.dim_objective)
group by month_start
union all
select
    'quarter' as grain,
    quarter_start as period_start,
    max(date) as period_end,
    least(max(date), $as_of) as known_on
from core.dim_date
where quarter_start <= $as_of
group by quarter_start
having max(date) >= (select min(period_from) from core.dim_objective)
