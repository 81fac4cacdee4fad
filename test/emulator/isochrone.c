/*
 * isochrone.c
 *		Areas that services compute: IGN's (/navigation/isochrone) and
 *		Valhalla's (/isochrone).
 *
 * The area is a polygon of 24 corners as far round the point as the mode gets in
 * a straight line, with a hole in it.  West of 20 degrees west there is no road.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "emu.h"

#define CORNERS 24
#define PI 3.14159265358979323846
#define METRES_PER_DEGREE 111195.0
#define JSON_TYPE "application/json; charset=utf-8"

static void
refuse_ign(Reply *reply, int status, const char *type, const char *message)
{
	reply_clear(reply);
	reply->status = status;
	reply->type = JSON_TYPE;
	buf_adds(&reply->body, "{\"error\":{\"errorType\":");
	buf_json_string(&reply->body, type);
	buf_adds(&reply->body, ",\"message\":");
	buf_json_string(&reply->body, message);
	buf_adds(&reply->body, "}}");
}

static void
refuse_valhalla(Reply *reply, int code, const char *message)
{
	reply_clear(reply);
	reply->status = 400;
	reply->type = JSON_TYPE;
	buf_addf(&reply->body, "{\"error_code\":%d,\"error\":", code);
	buf_json_string(&reply->body, message);
	buf_adds(&reply->body, ",\"status_code\":400,\"status\":\"Bad Request\"}");
}

static void
put_ring(Buf *buf, double lon, double lat, double metres, bool closed)
{
	buf_adds(buf, "[");
	for (int i = 0; i < CORNERS + (closed ? 1 : 0); i++)
	{
		double		angle = 2 * PI * (i % CORNERS) / CORNERS;
		double		dy = metres / METRES_PER_DEGREE * sin(angle);
		double		dx = metres / METRES_PER_DEGREE * cos(angle) / cos(lat * PI / 180);

		buf_addf(buf, "%s[%.6f,%.6f]", i ? "," : "", lon + dx, lat + dy);
	}
	buf_adds(buf, "]");
}

/* The geometry, or what fault "shape" puts in its place. */
static void
put_geometry(Buf *buf, double lon, double lat, double metres)
{
	switch (faults.shape)
	{
		case 1:					/* crosses itself */
			buf_addf(buf, "{\"type\":\"Polygon\",\"coordinates\":[[[%f,%f],[%f,%f],[%f,%f],[%f,%f],[%f,%f]]]}",
					 lon, lat, lon + 0.1, lat + 0.1, lon + 0.1, lat, lon, lat + 0.1, lon, lat);
			return;
		case 2:
			buf_addf(buf, "{\"type\":\"LineString\",\"coordinates\":[[%f,%f],[%f,%f]]}",
					 lon, lat, lon + 0.1, lat + 0.1);
			return;
		case 3:
			buf_adds(buf, "null");
			return;
		case 4:					/* latitude first */
			buf_adds(buf, "{\"type\":\"Polygon\",\"coordinates\":[");
			put_ring(buf, 100 + lat, 100 + lon, metres, true);
			buf_adds(buf, "]}");
			return;
		case 5:					/* rings that are not closed */
			buf_adds(buf, "{\"type\":\"Polygon\",\"coordinates\":[");
			put_ring(buf, lon, lat, metres, false);
			buf_adds(buf, "]}");
			return;
		case 6:
			buf_adds(buf, "{\"type\":\"MultiPolygon\",\"coordinates\":[[");
			put_ring(buf, lon, lat, metres, true);
			buf_adds(buf, "],[");
			put_ring(buf, lon + 3 * metres / METRES_PER_DEGREE, lat, metres / 10, true);
			buf_adds(buf, "]]}");
			return;
		case 7:
			buf_adds(buf, "{\"type\":\"Polygon\",\"coordinates\":[[[1,2],[\"a\",null],[1e999,2],[1,2]]]}");
			return;
		case 8:
			buf_adds(buf, "{\"type\":\"Polygon\",\"coordinates\":[[[200,600],[201,600],[201,601],[200,600]]]}");
			return;
	}
	buf_adds(buf, "{\"type\":\"Polygon\",\"coordinates\":[");
	put_ring(buf, lon, lat, metres, true);
	buf_adds(buf, ",");
	put_ring(buf, lon, lat, metres / 5, true);
	buf_adds(buf, "]}");
}

static bool
is_place(double lon, double lat)
{
	return fabs(lon) <= 180 && fabs(lat) <= 90;
}

/* GET /navigation/isochrone */
void
isochrone_ign(Reply *reply, const char *query)
{
	Params		params;
	const char *point;
	const char *resource;
	const char *cost;
	const char *type;
	const char *profile;
	const char *direction;
	const char *unit;
	char		message[128];
	double		lon;
	double		lat;
	double		seconds;

	params_parse(&params, query);
	point = params_get(&params, "point");
	resource = params_get(&params, "resource");
	cost = params_get(&params, "costValue");
	type = params_get(&params, "costType");
	profile = params_get(&params, "profile");
	direction = params_get(&params, "direction");
	unit = params_get(&params, "timeUnit");
	for (int i = 0; i < 4; i++)
	{
		static const char *const names[] = {"point", "resource", "costValue", "costType"};

		if (params_get(&params, names[i]) == NULL)
		{
			snprintf(message, sizeof(message), "Parameter '%s' not found", names[i]);
			refuse_ign(reply, 400, "wrong_parameter", message);
			params_free(&params);
			return;
		}
	}
	seconds = atof(cost) * (unit == NULL || strcmp(unit, "second") == 0 ? 1 : 60);
	if (sscanf(point, "%lf,%lf", &lon, &lat) != 2 || !is_place(lon, lat))
		refuse_ign(reply, 400, "wrong_parameter", "Parameter 'point' is invalid");
	else if (strcmp(resource, "bdtopo-valhalla") != 0 && strcmp(resource, "bdtopo-pgr") != 0)
		refuse_ign(reply, 400, "wrong_parameter", "Parameter 'resource' is invalid");
	else if (strcmp(type, "time") != 0 || seconds <= 0 ||
			 (profile && strcmp(profile, "car") != 0 && strcmp(profile, "pedestrian") != 0) ||
			 (direction && strcmp(direction, "departure") != 0 && strcmp(direction, "arrival") != 0))
		refuse_ign(reply, 400, "wrong_parameter", "A parameter is invalid");
	else if (seconds > 36000)
		refuse_ign(reply, 400, "wrong_parameter", "Parameter 'costValue' is too large");
	else if (lon < -20)
		refuse_ign(reply, 404, "not_found", " No data found ");
	else
	{
		reply->status = 200;
		reply->type = JSON_TYPE;
		buf_addf(&reply->body, "{\"point\":\"%.6f,%.6f\",\"resource\":\"%s\",\"resourceVersion\":\"2026-01-01\","
				 "\"costType\":\"time\",\"costValue\":%g,\"timeUnit\":\"second\",\"profile\":\"%s\","
				 "\"direction\":\"%s\",\"crs\":\"EPSG:4326\",\"geometry\":",
				 lon, lat, resource, seconds, profile ? profile : "car", direction ? direction : "departure");
		put_geometry(&reply->body, lon, lat, seconds * (profile && profile[0] == 'p' ? 1.3 : 10));
		buf_addf(&reply->body, ",\"departure\":\"%.6f,%.6f\",\"constraints\":[],\"alerts\":[]}", lon, lat);
		reply->rows = 1;
	}
	params_free(&params);
}

/* GET /isochrone?json=... */
void
isochrone_valhalla(Reply *reply, const char *query)
{
	Params		params;
	const char *text;
	json_t	   *root;
	json_t	   *location;
	json_t	   *contours;
	const char *costing;
	double		lon;
	double		lat;
	double		metres;

	params_parse(&params, query);
	text = params_get(&params, "json");
	root = text ? json_loads(text, 0, NULL) : NULL;

	location = json_array_get(json_object_get(root, "locations"), 0);
	contours = json_object_get(root, "contours");
	costing = json_string_value(json_object_get(root, "costing"));
	lon = json_number_value(json_object_get(location, "lon"));
	lat = json_number_value(json_object_get(location, "lat"));
	metres = costing && strcmp(costing, "auto") == 0 ? 600 : costing && strcmp(costing, "bicycle") == 0 ? 240 : 78;
	if (root == NULL)
		refuse_valhalla(reply, 100, "Failed to parse json request");
	else if (location == NULL || !is_place(lon, lat))
		refuse_valhalla(reply, 120, "Insufficient number of locations provided");
	else if (costing == NULL || (metres == 78 && strcmp(costing, "pedestrian") != 0))
		refuse_valhalla(reply, 125, "No costing method found");
	else if (json_array_size(contours) < 1 || !json_is_true(json_object_get(root, "polygons")))
		refuse_valhalla(reply, 113, "Insufficiently specified required parameter 'contours'");
	else if (json_array_size(contours) > 4)
		refuse_valhalla(reply, 152, "Exceeded max contours: 4");
	else if (lon < -20)
		refuse_valhalla(reply, 171, "No suitable edges near location");
	else
	{
		reply->status = 200;
		reply->type = JSON_TYPE;
		reply->rows = json_array_size(contours);
		buf_adds(&reply->body, "{\"features\":[");
		/* largest first, as the service does */
		for (size_t i = json_array_size(contours); i-- > 0;)
		{
			double		minutes = json_number_value(json_object_get(json_array_get(contours, i), "time"));

			if (faults.shape == 9 && i == 0 && json_array_size(contours) > 1)
				continue;
			buf_addf(&reply->body, "%s{\"properties\":{\"fill-opacity\":0.33,\"color\":\"#bf4040\",\"contour\":%.7g,\"metric\":\"time\"},"
					 "\"geometry\":", i + 1 < json_array_size(contours) ? "," : "", (double) (float) minutes);
			put_geometry(&reply->body, lon, lat, metres * minutes);
			buf_adds(&reply->body, ",\"type\":\"Feature\"}");
		}
		if (reply->body.data[reply->body.len - 1] == ',')
			reply->body.len--;
		buf_adds(&reply->body, "],\"type\":\"FeatureCollection\"}");
	}
	json_decref(root);
	params_free(&params);
}
