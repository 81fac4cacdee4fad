/*
 * reply.c
 *		What a request is answered with, before it becomes HTTP.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "emu.h"

void
reply_header(Reply *reply, const char *name, const char *fmt,...)
{
	va_list		args;

	if (reply->nheaders == MAX_HEADERS)
		return;
	reply->headers[reply->nheaders].name = name;
	va_start(args, fmt);
	vsnprintf(reply->headers[reply->nheaders].value, sizeof(reply->headers[0].value), fmt, args);
	va_end(args);
	reply->nheaders++;
}

void
reply_drop_header(Reply *reply, const char *name)
{
	int			kept = 0;

	for (int i = 0; i < reply->nheaders; i++)
		if (strcasecmp(reply->headers[i].name, name) != 0)
			reply->headers[kept++] = reply->headers[i];
	reply->nheaders = kept;
}

/* Add a word to the last column of the log. */
void
reply_note(Reply *reply, const char *fmt,...)
{
	char text[	128];
	va_list		args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (reply->note.len)
		buf_add(&reply->note, ",", 1);
	buf_adds(&reply->note, text);
}

/* Forget the answer made so far, except the notes and the client. */
void
reply_clear(Reply *reply)
{
	buf_free(&reply->body);
	reply_drop_header(reply, "Content-Range");
	reply_drop_header(reply, "Accept-Range");
	reply->rows = -1;
	reply->delivery = DELIVER_PLAIN;
	reply->type = NULL;
}

void
reply_error400(Reply *reply, const char *message)
{
	reply_clear(reply);
	reply->status = 400;
	reply->type = "application/json;charset=UTF-8";
	buf_adds(&reply->body, "{\"message\":");
	buf_json_string(&reply->body, message);
	/* the code of an error is the moment it happened */
	buf_addf(&reply->body, ",\"codeHttp\":400,\"codeErreur\":\"%lld\"}", (long long) (now_us() / 1000));
}
