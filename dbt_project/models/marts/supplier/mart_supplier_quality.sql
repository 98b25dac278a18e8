-- One row per golden supplier: how complete and sound its records are, what is open about it and whether payments are held.
with

suppliers as (select * from {{ ref('dim_supplier') }}),
records as (select * from {{ ref('dim_supplier_record') }}),
bank_changes as (select * from {{ ref('rec_bank_change_vs_approval') }}),
holds as (select * from {{ ref('rec_payment_hold_vs_delivery') }} where is_payment_held),
findings as (
    select * from {{ ref('exc_exception') }}
    where status = 'OPEN' and owner_role = 'vendor_master_governance'
),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),

described as (
    select
        supplier_key,
        count(*) as record_count,
        count(distinct source_instance) as instance_count,
        count(valid_tax_id) as valid_tax_id_count,
        count(distinct valid_tax_id) as tax_id_count,
        count(duns) as duns_count,
        count(distinct normalized_name) as name_count
    from records
    group by supplier_key
),

changed as (
    select
        supplier_key,
        count(*) as bank_change_count,
        max(changed_at) as last_bank_changed_at
    from bank_changes
    group by supplier_key
),

held as (
    select records.supplier_key
    from holds
    inner join records on holds.source_instance = records.source_instance and holds.supplier_id = records.native_id
    group by records.supplier_key
),

each_code as (
    select
        supplier_key,
        code,
        count(*) as finding_count,
        sum(case when severity = 'BLOCK' then 1 else 0 end) as block_count,
        sum(amount_at_risk) as amount_at_risk,
        min(first_seen_at) as first_seen_at
    from findings
    where supplier_key is not null
    group by supplier_key, code
),

open_findings as (
    select
        supplier_key,
        {{ joined('code', 'code') }} as open_codes,
        sum(finding_count) as open_finding_count,
        sum(block_count) as open_block_count,
        sum(amount_at_risk) as amount_at_risk,
        min(first_seen_at) as oldest_finding_at
    from each_code
    group by supplier_key
),

billed as (
    select
        supplier_key,
        count(*) as invoice_count,
        sum(gross_amount) as invoiced_amount,
        max(invoice_date) as last_invoice_date
    from invoices
    group by supplier_key
),

final as (
    select
        suppliers.supplier_key,
        suppliers.supplier_number,
        suppliers.supplier_name,
        suppliers.status,
        cast(described.record_count as bigint) as record_count,
        cast(described.instance_count as bigint) as instance_count,
        cast(described.name_count as bigint) as name_count,
        coalesce(described.valid_tax_id_count > 0, false) as has_valid_tax_id,
        cast(described.record_count - described.valid_tax_id_count as bigint) as record_without_tax_id_count,
        cast(described.tax_id_count as bigint) as tax_id_count,
        coalesce(described.duns_count > 0, false) as has_duns,
        cast(coalesce(changed.bank_change_count, 0) as bigint) as bank_change_count,
        changed.last_bank_changed_at,
        held.supplier_key is not null as is_payment_held,
        cast(coalesce(open_findings.open_finding_count, 0) as bigint) as open_finding_count,
        cast(coalesce(open_findings.open_block_count, 0) as bigint) as open_block_count,
        coalesce(open_findings.open_codes, '') as open_codes,
        {{ money('open_findings.amount_at_risk') }} as amount_at_risk,
        open_findings.oldest_finding_at,
        cast(coalesce(billed.invoice_count, 0) as bigint) as invoice_count,
        {{ money('coalesce(billed.invoiced_amount, 0)') }} as invoiced_amount,
        billed.last_invoice_date
    from suppliers
    left join described on suppliers.supplier_key = described.supplier_key
    left join changed on suppliers.supplier_key = changed.supplier_key
    left join held on suppliers.supplier_key = held.supplier_key
    left join open_findings on suppliers.supplier_key = open_findings.supplier_key
    left join billed on suppliers.supplier_key = billed.supplier_key
)

select * from final
