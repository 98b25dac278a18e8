-- One row per PO line and parameter: the value that applies, or the news that two rows claim it (domain_rules 3.1).
with

subjects as (select * from {{ ref('int_purchase_order_line__scope') }}),
parameters as (select * from {{ ref('stg_landscape__parameter') }}),

fitting as (
    select
        subjects.purchase_order_line_key,
        parameters.parameter_code,
        try_cast(parameters.value as decimal(18, 6)) as value,
        {{ scope_specificity('parameters') }} as specificity
    from subjects
    inner join parameters on {{ scope_fits('parameters', 'subjects') }}
),

ranked as (
    select
        fitting.*,
        row_number() over (
            partition by fitting.purchase_order_line_key, fitting.parameter_code
            order by fitting.specificity desc nulls last, fitting.value nulls last
        ) as preference,
        count(*) over (
            partition by fitting.purchase_order_line_key, fitting.parameter_code, fitting.specificity
        ) as equals_count
    from fitting
),

final as (
    select
        purchase_order_line_key,
        parameter_code,
        value,
        equals_count > 1 as is_ambiguous
    from ranked
    where preference = 1
)

select * from final
