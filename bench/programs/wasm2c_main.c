/* Runs what wasm2c made of a program: the few functions of wasi_snapshot_preview1 that the programs call, for standard input and output alone. */
#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { wasi_success = 0, wasi_badf = 8, wasi_io = 29, wasi_spipe = 70 };

struct w2c_wasi__snapshot__preview1 {
    w2c_program* program;
    int argc;
    char** argv;
};
typedef struct w2c_wasi__snapshot__preview1 World;

static u8* at(World* world, u32 address) { return w2c_program_memory(world->program)->data + address; }
static void put_u32(World* world, u32 address, u32 value) { memcpy(at(world, address), &value, sizeof value); }
static void put_u64(World* world, u32 address, u64 value) { memcpy(at(world, address), &value, sizeof value); }
static u32 get_u32(World* world, u32 address)
{
    u32 value;
    memcpy(&value, at(world, address), sizeof value);
    return value;
}

u32 w2c_wasi__snapshot__preview1_args_sizes_get(World* world, u32 count, u32 bytes)
{
    u32 size = 0;
    for (int i = 0; i < world->argc; ++i) size += (u32)strlen(world->argv[i]) + 1;
    put_u32(world, count, (u32)world->argc);
    put_u32(world, bytes, size);
    return wasi_success;
}
u32 w2c_wasi__snapshot__preview1_args_get(World* world, u32 pointers, u32 text)
{
    for (int i = 0; i < world->argc; ++i) {
        const u32 size = (u32)strlen(world->argv[i]) + 1;
        put_u32(world, pointers + 4 * (u32)i, text);
        memcpy(at(world, text), world->argv[i], size);
        text += size;
    }
    return wasi_success;
}
u32 w2c_wasi__snapshot__preview1_environ_sizes_get(World* world, u32 count, u32 bytes)
{
    put_u32(world, count, 0);
    put_u32(world, bytes, 0);
    return wasi_success;
}
u32 w2c_wasi__snapshot__preview1_environ_get(World* world, u32 pointers, u32 text)
{
    (void)world, (void)pointers, (void)text;
    return wasi_success;
}
u32 w2c_wasi__snapshot__preview1_clock_time_get(World* world, u32 id, u64 precision, u32 result)
{
    struct timespec t;
    (void)precision;
    clock_gettime(id == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t);
    put_u64(world, result, (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec);
    return wasi_success;
}
u32 w2c_wasi__snapshot__preview1_random_get(World* world, u32 buffer, u32 bytes)
{
    return getrandom(at(world, buffer), bytes, 0) == (ssize_t)bytes ? wasi_success : wasi_io;
}
u32 w2c_wasi__snapshot__preview1_fd_write(World* world, u32 fd, u32 vectors, u32 count, u32 result)
{
    u32 written = 0;
    for (u32 i = 0; i < count; ++i) {
        const ssize_t n = write((int)fd, at(world, get_u32(world, vectors + 8 * i)), get_u32(world, vectors + 8 * i + 4));
        if (n < 0) return wasi_io;
        written += (u32)n;
    }
    put_u32(world, result, written);
    return wasi_success;
}
u32 w2c_wasi__snapshot__preview1_fd_read(World* world, u32 fd, u32 vectors, u32 count, u32 result)
{
    (void)fd, (void)vectors, (void)count;
    put_u32(world, result, 0);
    return wasi_success;
}
u32 w2c_wasi__snapshot__preview1_fd_fdstat_get(World* world, u32 fd, u32 result)
{
    if (fd > 2) return wasi_badf;
    memset(at(world, result), 0, 24);
    *at(world, result) = 2; /* a character device */
    put_u64(world, result + 8, UINT64_MAX);
    return wasi_success;
}
u32 w2c_wasi__snapshot__preview1_fd_seek(World* world, u32 fd, u64 offset, u32 whence, u32 result)
{
    (void)world, (void)fd, (void)offset, (void)whence, (void)result;
    return wasi_spipe;
}
u32 w2c_wasi__snapshot__preview1_fd_close(World* world, u32 fd)
{
    (void)world, (void)fd;
    return wasi_success;
}
u32 w2c_wasi__snapshot__preview1_fd_prestat_get(World* world, u32 fd, u32 result)
{
    (void)world, (void)fd, (void)result;
    return wasi_badf; /* no folder is granted */
}
u32 w2c_wasi__snapshot__preview1_fd_prestat_dir_name(World* world, u32 fd, u32 text, u32 bytes)
{
    (void)world, (void)fd, (void)text, (void)bytes;
    return wasi_badf;
}
u32 w2c_wasi__snapshot__preview1_fd_renumber(World* world, u32 from, u32 to)
{
    (void)world, (void)from, (void)to;
    return wasi_badf;
}
u32 w2c_wasi__snapshot__preview1_fd_fdstat_set_flags(World* world, u32 fd, u32 flags)
{
    (void)world, (void)fd, (void)flags;
    return wasi_badf;
}
u32 w2c_wasi__snapshot__preview1_path_open(World* world, u32 fd, u32 lookup, u32 path, u32 bytes, u32 open_flags, u64 rights,
                                           u64 inheriting, u32 flags, u32 result)
{
    (void)world, (void)fd, (void)lookup, (void)path, (void)bytes, (void)open_flags, (void)rights, (void)inheriting, (void)flags,
        (void)result;
    return wasi_badf;
}
void w2c_wasi__snapshot__preview1_proc_exit(World* world, u32 code)
{
    (void)world;
    exit((int)code);
}

int main(int argc, char** argv)
{
    w2c_program program;
    World world = {&program, argc, argv};
    wasm_rt_init();
    wasm2c_program_instantiate(&program, &world);
    w2c_program_0x5Fstart(&program);
    wasm2c_program_free(&program);
    wasm_rt_free();
    return 0;
}
