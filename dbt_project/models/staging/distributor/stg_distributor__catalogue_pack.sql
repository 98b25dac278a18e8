-- One row per line of an 832 and pack level under it, with what the pack holds, latest version known.
with

latest as ({{ latest_known_version(source('raw_distributor', 'catalogue_pack')) }}),
prices as ({{ latest_known_version(source('raw_distributor', 'catalogue_price')) }}),

{% set of_set = ['_source_instance', 'sender', 'receiver', 'interchange_number', 'group_number', 'set_number'] %}
-- PO4 does not name the pack it describes: it is the one unit that its line is priced in.
priced as (
    select
        {{ of_set | join(', ') }},
        line_position,
        min(upper(unit)) as uom_code
    from prices
    group by {{ of_set | join(', ') }}, line_position
    having min(upper(unit)) = max(upper(unit))
),

-- Levels of PKL and SLN say how often each is in the outermost pack, PO4 how many inner packs and of what size.
counted as (
    select
        latest.*,
        coalesce(latest.buyer_item, latest.buyer_part) as item_id,
        upper(coalesce(latest.package_unit, latest.subline_unit)) as level_uom_code,
        coalesce(latest.package_quantity, latest.subline_quantity) as level_quantity,
        priced.uom_code as priced_uom_code
    from latest
    left join priced
        on
            {%- for name in of_set %}
            latest.{{ name }} = priced.{{ name }} and
            {%- endfor %}
            latest.line_position = priced.line_position
),

{% set inner_size = "case when upper(pack_unit) = 'EA' then coalesce(pack_size, 1) else 1 end" %}
measured as (
    select
        counted.*,
        case
            when level_uom_code <> 'EA'
                then {{ divide(
                    "max(case when level_uom_code = 'EA' then level_quantity end) over (partition by "
                    ~ of_set | join(', ') ~ ", line_position)", 'level_quantity', 8) }}
            when level_uom_code is null and priced_uom_code <> 'EA'
                then {{ product('pack_count', inner_size) }}
        end as pack_factor
    from counted
),

editions as (
    select
        measured.*,
        coalesce(level_uom_code, priced_uom_code) as pack_uom_code,
        item_id is not null and coalesce(pack_factor > 0, false) as is_conversion,
        cast(sent_at as date) as edition_date
    from measured
),

{% set of_pack = 'partition by _source_instance, sender, item_id, pack_uom_code, is_conversion order by '
    ~ 'sent_at nulls first, interchange_number nulls first, cast(segment_position as bigint) nulls first' %}
final as (
    select
        sender,
        receiver,
        interchange_number,
        group_number,
        set_number,
        segment_position,
        line_position,
        catalogue_number,
        line_number,
        coalesce(seller, distributor, supplier, manufacturer, sender) as supplier_id,
        item_id,
        coalesce(vendor_item, vendor_catalogue, vendor_part) as supplier_part_number,
        manufacturer_part as manufacturer_part_number,
        description,
        coalesce(package_gtin, subline_gtin, gtin, upc, ndc) as gtin,
        coalesce(level_uom_code, upper(pack_unit)) as uom_code,
        coalesce(level_quantity, pack_count) as pack_quantity,
        pack_size,
        is_conversion,
        pack_uom_code as from_uom_code,
        cast(pack_factor as decimal(18, 8)) as factor,
        -- A pack holds from the first edition on, until a later one says otherwise.
        case when row_number() over ({{ of_pack }}) > 1 then edition_date end as valid_from,
        lead(edition_date) over ({{ of_pack }}) as valid_to,
        {{ origin_columns('distributor', recorded_at='sent_at', known_from='coalesce(sent_at, _known_at)') }}
    from editions
)

select * from final
