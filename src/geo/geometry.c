/*
 * geometry.c
 *		PostGIS values in and out.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "core/compat.h"
#include "geo/geometry.h"
#include "lib/stringinfo.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "port/pg_bswap.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#define EWKB_Z 0x80000000u
#define EWKB_M 0x40000000u
#define EWKB_SRID 0x20000000u
#define WGS84 4326

/*
 * The geometry type of an argument of the function called, as the function
 * declares it (an array argument: of its elements); kept for the query.
 */
JmGeometryType *
jm_geometry_type(FunctionCallInfo fcinfo, int argument)
{
	JmGeometryType *type = fcinfo->flinfo->fn_extra;
	Oid		   *arguments;
	int			count;
	Oid			output;
	bool		varlena;

	if (type != NULL)
		return type;
	type = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(JmGeometryType));
	get_func_signature(fcinfo->flinfo->fn_oid, &arguments, &count);
	type->type = arguments[argument];
	if (OidIsValid(get_element_type(type->type)))
		type->type = get_element_type(type->type);
	get_typlenbyvalalign(type->type, &type->length, &type->by_value, &type->align);
	getTypeBinaryOutputInfo(type->type, &output, &varlena);
	fmgr_info_cxt(output, &type->send, fcinfo->flinfo->fn_mcxt);
	getTypeBinaryInputInfo(type->type, &output, &type->io_param);
	fmgr_info_cxt(output, &type->receive, fcinfo->flinfo->fn_mcxt);
	type->transform.fn_mcxt = fcinfo->flinfo->fn_mcxt;
	fcinfo->flinfo->fn_extra = type;
	return type;
}

/* st_transform(geometry, integer) of the schema that the type lives in. */
static Datum
to_wgs84(JmGeometryType *type, Datum geometry)
{
	if (!OidIsValid(type->transform.fn_oid))
	{
		Oid			arguments[2];
		HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type->type));
		char	   *schema;

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for type %u", type->type);
		schema = get_namespace_name(((Form_pg_type) GETSTRUCT(tuple))->typnamespace);
		ReleaseSysCache(tuple);
		arguments[0] = type->type;
		arguments[1] = INT4OID;
		fmgr_info_cxt(LookupFuncName(list_make2(makeString(schema), makeString("st_transform")),
									 2, arguments, false),
					  &type->transform, type->transform.fn_mcxt);
	}
	return FunctionCall2(&type->transform, geometry, Int32GetDatum(WGS84));
}

static uint32
read_u32(const char *p, bool swap)
{
	uint32		value;

	memcpy(&value, p, sizeof(value));
	return swap ? pg_bswap32(value) : value;
}

static double
read_double(const char *p, bool swap)
{
	uint64		bits;
	double		value;

	memcpy(&bits, p, sizeof(bits));
	if (swap)
		bits = pg_bswap64(bits);
	memcpy(&value, &bits, sizeof(value));
	return value;
}

/*
 * Longitude and latitude (degrees, WGS 84) of a point in any reference system
 * known to PostGIS; without one (SRID 0) it is taken for WGS 84.  Raises an
 * error for coordinates that are no place on Earth.
 */
JmPointState
jm_geometry_point(JmGeometryType *type, Datum geometry, double *lon, double *lat)
{
	const uint16 probe = 1;
	char		native = *(const char *) &probe;
	int			round;

	for (round = 0;; round++)
	{
		bytea	   *wkb = SendFunctionCall(&type->send, geometry);
		const char *p = VARDATA(wkb);
		Size		size = VARSIZE(wkb) - VARHDRSZ;
		bool		swap = size > 0 && p[0] != native;
		uint32		kind;
		uint32		srid = 0;
		const char *at = p + 5;

		if (size < 5)
			elog(ERROR, "geometry's binary form is too short");
		kind = read_u32(p + 1, swap);
		if (kind & EWKB_SRID)
		{
			srid = read_u32(at, swap);
			at += 4;
		}
		if ((kind & ~(EWKB_Z | EWKB_M | EWKB_SRID)) != 1)
			return JM_POINT_OTHER;
		if ((Size) (at - p) + 16 > size)
			elog(ERROR, "geometry's binary form is too short");
		*lon = read_double(at, swap);
		*lat = read_double(at + 8, swap);
		pfree(wkb);
		/* an empty point is written as two NaN, one too far to transform too */
		if (isnan(*lon) && isnan(*lat))
		{
			if (round > 0)
				break;
			return JM_POINT_EMPTY;
		}
		if (srid != 0 && srid != WGS84 && round == 0)
		{
			if (!isfinite(*lon) || !isfinite(*lat))
				break;
			geometry = to_wgs84(type, geometry);
			continue;
		}
		if (!(fabs(*lon) <= 180 && fabs(*lat) <= 90))
			break;
		return JM_POINT;
	}
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("point (%.12g %.12g) is no place on Earth", *lon, *lat),
			 errdetail("Longitude must be within 180 degrees, latitude within 90."),
			 errhint("Give the coordinates in this order, ST_Point(longitude, latitude), and set the SRID if they are projected.")));
	return JM_POINT_OTHER;		/* not reached */
}

/* A geometry in WGS 84 from native-endian WKB. */
Datum
jm_geometry_from_wkb(JmGeometryType *type, const unsigned char *wkb, size_t size)
{
	StringInfoData buf;
	uint32		kind;

	if (size > MaxAllocSize - 64)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("geometry is too large")));
	initStringInfo(&buf);
	enlargeStringInfo(&buf, (int) size + 8);
	memcpy(&kind, wkb + 1, sizeof(kind));
	kind |= EWKB_SRID;
	appendBinaryStringInfo(&buf, (const char *) wkb, 1);
	appendBinaryStringInfo(&buf, (const char *) &kind, sizeof(kind));
	kind = WGS84;
	appendBinaryStringInfo(&buf, (const char *) &kind, sizeof(kind));
	appendBinaryStringInfo(&buf, (const char *) wkb + 5, (int) size - 5);
	return ReceiveFunctionCall(&type->receive, &buf, type->io_param, -1);
}
