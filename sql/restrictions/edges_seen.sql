-- The co-listen graph without the edges that `pairmine split --by edge` held out: `edges` from here on.

alter view edges rename to all_edges;

create view edges as
select *
from all_edges
anti join held_out_edges using (track_a, track_b);
