-- One row per golden supplier, target, attribute group and code that keeps the group from being published (domain_rules 3.6.7).
with

suppliers as (select * from {{ ref('dim_supplier') }}),
records as (select * from {{ ref('dim_supplier_record') }}),
accounts as (select * from {{ ref('can_supplier') }} where not is_deleted),
pairs as (select * from {{ ref('bridge_supplier_x_supplier') }} where decision is null),
hits as (select * from {{ ref('rec_supplier_vs_screening_entry') }} where code is not null),
lists as (select * from {{ ref('int_screening__list') }} where is_stale),
places as (select * from {{ ref('int_screening__place') }} where region is not null),
foreigners as (select * from {{ ref('int_propagation__foreign') }}),
owners as (select * from {{ ref('stg_landscape__system_of_record') }} where domain = 'supplier'),
instances as (select * from {{ ref('stg_landscape__instance') }} where source_system = 'erp_cloud'),

targets as (
    select instances.source_instance as target_instance
    from instances
    inner join owners on instances.source_instance = owners.source_instance
    where owners.write_policy = 'MASTER'
    group by instances.source_instance
),

-- What stands open of an identifier, an account or a certificate of any of its records.
{% set groups = {
    'TIN_FORMAT': 'tax', 'TIN_PLACEHOLDER': 'tax', 'ABA_INVALID': 'bank', 'IBAN_INVALID': 'bank', 'ACCT_FORMAT': 'bank',
    'BANK_CHANGE_UNRELEASED': 'bank', 'DIVERSITY_CODE_UNKNOWN': 'diversity',
} %}
findings as (
    select supplier_key, code from {{ ref('int_finding__identifier') }}
    union distinct
    select supplier_key, code from {{ ref('int_finding__bank') }}
    union distinct
    select supplier_key, code from {{ ref('int_finding__certificate') }} where supplier_key is not null
),

-- Nobody who is paid by check or card needs a bank account.
payable as (
    select
        records.supplier_key,
        max(case when upper(coalesce(accounts.payment_method, '')) in ('CHECK', 'CARD') then 0 else 1 end) = 1
            as needs_bank
    from records
    inner join accounts
        on records.source_instance = accounts.source_instance and records.native_id = accounts.native_id
    group by records.supplier_key
),

known as (
    select records.supplier_key, targets.target_instance
    from records
    inner join targets on records.source_instance = targets.target_instance
    group by records.supplier_key, targets.target_instance
),

-- While somebody still has to say whether the ERP knows it under another name, creating it would make the duplicate.
undecided as (
    select pairs.left_supplier_key as supplier_key, known.target_instance
    from pairs
    inner join known on pairs.right_supplier_key = known.supplier_key
    union distinct
    select pairs.right_supplier_key as supplier_key, known.target_instance
    from pairs
    inner join known on pairs.left_supplier_key = known.supplier_key
),

of_suppliers as (
    {%- for code, group in groups.items() %}
    select findings.supplier_key, '{{ group }}' as attribute_group, '{{ code }}' as gate_code
    from findings
    left join payable on findings.supplier_key = payable.supplier_key
    where findings.code = '{{ code }}' and {{ 'payable.needs_bank' if group == 'bank' else 'true' }}
    union all
    {%- endfor %}
    select supplier_key, 'tax' as attribute_group, 'TIN_MISSING' as gate_code
    from suppliers
    where tax_id is null and coalesce(tax_country, 'US') = 'US'
    union all
    select supplier_key, 'tax' as attribute_group, 'W8_MISSING' as gate_code
    from foreigners
    union all
    select supplier_key, 'terms' as attribute_group, 'TERMS_MISSING' as gate_code
    from suppliers
    where coalesce(trim(payment_term_code), '') = ''
    union all
    select supplier_key, 'screening' as attribute_group, code as gate_code
    from hits
    union all
    select suppliers.supplier_key, 'screening' as attribute_group, 'SCREENING_STALE' as gate_code
    from suppliers
    cross join lists
    left join places on suppliers.supplier_key = places.supplier_key and lists.region = places.region
    where lists.region is null or places.supplier_key is not null
),

final as (
    select
        of_suppliers.supplier_key,
        targets.target_instance,
        of_suppliers.attribute_group,
        of_suppliers.gate_code
    from of_suppliers
    cross join targets
    union distinct
    select
        supplier_key,
        target_instance,
        'identity' as attribute_group,
        'DUPLICATE_UNDECIDED' as gate_code
    from undecided
)

select * from final
