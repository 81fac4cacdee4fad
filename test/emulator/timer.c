/*
 * timer.c
 *		Delayed answers: a thread that resumes suspended connections.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <microhttpd.h>

#include "emu.h"

typedef struct Wait
{
	struct Wait *next;
	int64_t		at_us;
	struct MHD_Connection *connection;
} Wait;

static Wait *waits;				/* by time */
static pthread_t thread;
static bool started;
static bool stopping;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void *
timer_main(void *arg)
{
	(void) arg;
	pthread_mutex_lock(&lock);
	while (!stopping || waits)
	{
		int64_t		now = now_us();

		if (waits && (stopping || waits->at_us <= now))
		{
			Wait	   *w = waits;

			waits = w->next;
			pthread_mutex_unlock(&lock);
			MHD_resume_connection(w->connection);
			free(w);
			pthread_mutex_lock(&lock);
		}
		else if (waits)
		{
			struct timespec ts;

			ts.tv_sec = waits->at_us / 1000000;
			ts.tv_nsec = waits->at_us % 1000000 * 1000;
			pthread_cond_timedwait(&changed, &lock, &ts);
		}
		else
			pthread_cond_wait(&changed, &lock);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

bool
timer_start(void)
{
	started = pthread_create(&thread, NULL, timer_main, NULL) == 0;
	return started;
}

/* Resume the connection, which the caller has suspended, in ms. */
void
timer_after(void *connection, int ms)
{
	Wait	   *w = xmalloc(sizeof(Wait));
	Wait	  **p;

	w->connection = connection;
	w->at_us = now_us() + (int64_t) ms * 1000;
	pthread_mutex_lock(&lock);
	for (p = &waits; *p && (*p)->at_us <= w->at_us; p = &(*p)->next)
		;
	w->next = *p;
	*p = w;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}

bool
timer_stopping(void)
{
	bool		result;

	pthread_mutex_lock(&lock);
	result = stopping;
	pthread_mutex_unlock(&lock);
	return result;
}

/* Resume everything: the server cannot stop with connections suspended. */
void
timer_stop(void)
{
	if (!started)
		return;
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
}
