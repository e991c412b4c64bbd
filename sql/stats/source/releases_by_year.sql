-- How many releases came out each year: one row per year, the unknown one last.

select year, count(*) as releases
from releases
group by year
order by year nulls last;
