-- One row per PO line and check: the tolerance that applies, or the news that two rows claim it (domain_rules 3.1).
with

subjects as (select * from {{ ref('int_purchase_order_line__scope') }}),
tolerances as (select * from {{ ref('stg_landscape__tolerance') }}),

fitting as (
    select
        subjects.purchase_order_line_key,
        tolerances.check_code,
        tolerances.lower_abs,
        tolerances.lower_pct,
        tolerances.upper_abs,
        tolerances.upper_pct,
        tolerances.combine,
        tolerances.action,
        {{ scope_words('tolerances') }} as scope,
        {{ scope_specificity('tolerances') }} as specificity
    from subjects
    inner join tolerances on {{ scope_fits('tolerances', 'subjects') }}
),

ranked as (
    select
        fitting.*,
        row_number() over (
            partition by fitting.purchase_order_line_key, fitting.check_code
            order by fitting.specificity desc nulls last, fitting.upper_abs nulls last, fitting.upper_pct nulls last
        ) as preference,
        count(*) over (
            partition by fitting.purchase_order_line_key, fitting.check_code, fitting.specificity
        ) as equals_count
    from fitting
),

final as (
    select
        purchase_order_line_key,
        check_code,
        lower_abs,
        lower_pct,
        upper_abs,
        upper_pct,
        coalesce(combine, 'ALL') as combine,
        action,
        scope,
        equals_count > 1 as is_ambiguous
    from ranked
    where preference = 1
)

select * from final
