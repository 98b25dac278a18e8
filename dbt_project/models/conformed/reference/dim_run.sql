-- One row: the run that is being computed and the day it looks at.
with

run as (select * from {{ ref('stg_landscape__run') }}),

final as (
    select
        run_id,
        as_of
    from run
)

select * from final
