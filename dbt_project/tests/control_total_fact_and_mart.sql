-- Canonical rows are facts, replicas, later, deleted or orphaned; facts and marts hold the same rows and amounts.
select * from {{ ref('mart_control_total') }} where not is_tied
