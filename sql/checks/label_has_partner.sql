-- Pairs whose anchor is not on the label that links them, or whose positive is on no partner of that label with the
-- pair's score: one row per violating pair. Needs the table label_partners, as sql/strategies/label_co.sql gives it for
-- the set's parameters.

with linked as (
    select epoch, anchor, positive, via
    from pairs
    join label_partners on label_partners.label_id = pairs.via and label_partners.score = pairs.score
    semi join track_labels as a on a.label_id = pairs.via and a.track_id = pairs.anchor
    semi join track_labels as b on b.label_id = label_partners.partner_id and b.track_id = pairs.positive
)

select epoch, anchor, positive, via, score
from pairs
anti join linked using (epoch, anchor, positive, via);
