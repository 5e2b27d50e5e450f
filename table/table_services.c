// SPDX-License-Identifier: MIT
//
// Reading /etc/services: "name port/protocol aliases # comment", a line each.
#include "table_services.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE_LINE_MAX 512
#define SERVICES_MAX 65536u

static int compare_services(const void *left, const void *right)
{
	const struct service *a = left;
	const struct service *b = right;

	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return (int)a->protocol - (int)b->protocol;
}

static void copy_word(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);

	if (length >= size)
		length = size - 1;
	memcpy(to, from, length);
	to[length] = '\0';
}

// Aliases stand in one text, a blank between; what does not fit is left out.
static void append_word(char *words, size_t size, const char *word)
{
	size_t length = strlen(words);

	if (length + strlen(word) + 2 <= size)
		snprintf(words + length, size - length, "%s%s", length ? " " : "", word);
}

// One line into one service. false: blank, comment, another protocol, or nonsense.
static bool parse_line(char *line, struct service *ret_service)
{
	struct service service = {0};
	char *rest, *name, *number, *end, *alias;
	unsigned long port;

	line[strcspn(line, "#\n")] = '\0';
	name = strtok_r(line, " \t", &rest);
	number = name ? strtok_r(NULL, " \t", &rest) : NULL;
	if (!number)
		return false;
	errno = 0;
	port = strtoul(number, &end, 10);
	if (errno || end == number || *end != '/' || port > 65535)
		return false;
	if (strcmp(end + 1, "tcp") == 0)
		service.protocol = 6;
	else if (strcmp(end + 1, "udp") == 0)
		service.protocol = 17;
	else
		return false;
	service.port = (uint16_t)port;
	copy_word(service.name, sizeof(service.name), name);
	while ((alias = strtok_r(NULL, " \t", &rest)) != NULL)
		append_word(service.aliases, sizeof(service.aliases), alias);
	*ret_service = service;
	return true;
}

int services_read(struct services *services, const char *path)
{
	char line[SERVICE_LINE_MAX];
	size_t capacity = 0;
	FILE *file;

	*services = (struct services){0};
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (services->count < SERVICES_MAX && fgets(line, sizeof(line), file)) {
		struct service service;

		if (!parse_line(line, &service))
			continue;
		if (services->count == capacity) {
			struct service *grown;

			capacity = capacity ? capacity * 2 : 512;
			grown = realloc(services->list, capacity * sizeof(*grown));
			if (!grown) {
				fclose(file);
				services_clear(services);
				return -ENOMEM;
			}
			services->list = grown;
		}
		services->list[services->count++] = service;
	}
	fclose(file);
	if (services->count > 0)
		qsort(services->list, services->count, sizeof(*services->list), compare_services);
	return 0;
}

void services_clear(struct services *services)
{
	free(services->list);
	*services = (struct services){0};
}

const struct service *services_by_port(const struct services *services, uint16_t port,
				       uint8_t protocol)
{
	struct service key = {.port = port, .protocol = protocol};

	if (services->count == 0)
		return NULL;
	return bsearch(&key, services->list, services->count, sizeof(key), compare_services);
}

static bool has_alias(const struct service *service, const char *name)
{
	size_t length = strlen(name);
	const char *at = service->aliases;

	while (*at != '\0') {
		size_t word = strcspn(at, " \t");

		if (word == length && strncmp(at, name, length) == 0)
			return true;
		at += word;
		at += strspn(at, " \t");
	}
	return false;
}

const struct service *services_by_name(const struct services *services, const char *name,
				       uint8_t protocol)
{
	size_t i;

	for (i = 0; i < services->count; i++) {
		const struct service *service = &services->list[i];

		if (protocol != 0 && service->protocol != protocol)
			continue;
		if (strcmp(service->name, name) == 0 || has_alias(service, name))
			return service;
	}
	return NULL;
}
