-- one row per band of scores: 1 alone, below it bands 0.05 wide.
with
banded as (
    select case when score = 1 then 1.0 else floor(round(score::double, 6) * 20) / 20 end as "from", reason
    from links
)
select "from"::double as "from", count(*) as links
from banded
group by "from"
order by "from" desc
