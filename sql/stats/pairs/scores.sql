-- How strong the evidence is: one row per epoch, quantiles of the score.

select
    epoch,
    count(*) as pairs,
    min(score) as least,
    quantile_disc(score, 0.1) as p10,
    quantile_disc(score, 0.25) as p25,
    quantile_disc(score, 0.5) as p50,
    quantile_disc(score, 0.75) as p75,
    quantile_disc(score, 0.9) as p90,
    max(score) as greatest
from pairs
group by epoch
order by epoch;
