-- Ids of via that vias.parquet does not name, and named vias that no pair uses: one row per via.

with used as (
    select distinct via from pairs
)

select coalesce(used.via, vias.via) as via
from used
full join vias using (via)
where used.via is null or vias.via is null;
