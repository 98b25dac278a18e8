-- The tables of the legacy ERP, under the names its vendor gave them. Times are local to the hospital and
-- without a zone; a row that never changed may lack the time of its last update.
create schema sysadm;

create table sysadm.ps_vendor (
    setid varchar,
    vendor_id varchar primary key,
    name1 varchar,
    vendor_status varchar,
    tin varchar,
    duns varchar,
    pymnt_terms_cd varchar,
    currency_cd varchar,
    wthd_sw varchar,
    entered_dttm timestamp,
    last_update_dttm timestamp
);

create table sysadm.ps_po_hdr (
    business_unit varchar,
    po_id varchar,
    vendor_id varchar,
    po_dt date,
    po_status varchar,
    currency_cd varchar,
    entered_dttm timestamp,
    last_dttm_update timestamp,
    primary key (business_unit, po_id)
);

create table sysadm.ps_po_line (
    business_unit varchar,
    po_id varchar,
    line_nbr integer,
    inv_item_id varchar,
    descr254 varchar,
    qty_po numeric(18, 6),
    unit_of_measure varchar,
    price_po numeric(18, 6),
    merchandise_amt numeric(18, 2),
    deptid varchar,
    account varchar,
    location varchar,
    cancel_status varchar,
    recv_complete varchar,
    last_dttm_update timestamp,
    primary key (business_unit, po_id, line_nbr)
);

create table sysadm.ps_recv_ln_ship (
    business_unit varchar,
    receiver_id varchar,
    recv_ln_nbr integer,
    recv_type varchar,
    po_id varchar,
    line_nbr integer,
    inv_item_id varchar,
    qty_sh_recvd numeric(18, 6),
    receive_uom varchar,
    qty_base numeric(18, 6),
    base_uom varchar,
    receipt_dt date,
    acctg_dt date,
    ext_receipt_id varchar,
    ext_receipt_ln integer,
    entered_dttm timestamp,
    last_dttm_update timestamp,
    primary key (business_unit, receiver_id, recv_ln_nbr)
);

create table sysadm.ps_voucher (
    business_unit varchar,
    voucher_id varchar,
    voucher_style varchar,
    invoice_id varchar,
    invoice_dt date,
    vendor_id varchar,
    gross_amt numeric(18, 2),
    txn_currency_cd varchar,
    accounting_dt date,
    entry_status varchar,
    post_status_ap varchar,
    entered_dttm timestamp,
    last_dttm_update timestamp,
    primary key (business_unit, voucher_id)
);

create table sysadm.ps_pymnt_vchr_xref (
    business_unit varchar,
    voucher_id varchar,
    pymnt_cnt integer,
    pymnt_id varchar,
    paid_amt numeric(18, 2),
    dscnt_taken numeric(18, 2),
    due_dt date,
    last_dttm_update timestamp,
    primary key (business_unit, voucher_id, pymnt_cnt)
);

create table sysadm.ps_payment_tbl (
    pymnt_id varchar primary key,
    pymnt_dt date,
    remit_vendor varchar,
    pymnt_amt numeric(18, 2),
    currency_pymnt varchar,
    pymnt_method varchar,
    pymnt_status varchar,
    entered_dttm timestamp,
    last_dttm_update timestamp
);

create table sysadm.ps_jrnl_ln (
    business_unit varchar,
    journal_id varchar,
    journal_date date,
    journal_line integer,
    ledger varchar,
    account varchar,
    deptid varchar,
    monetary_amount numeric(18, 2),
    currency_cd varchar,
    jrnl_ln_source varchar,
    ref_type varchar,
    ref_id varchar,
    line_descr varchar,
    po_ref varchar,
    accounting_period integer,
    fiscal_year integer,
    last_dttm_update timestamp,
    primary key (business_unit, journal_id, journal_date, journal_line)
);

-- Which statements of inventory were taken; no reader sees it.
create schema interface;

create table interface.taken (
    entry integer primary key
);
