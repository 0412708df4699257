/* A ray tracer: twenty spheres over a chequered floor, shadows, reflections; 96 by 72 points. */
#include "../kernels/kernel.h"

#include <math.h>
#include <stdbool.h>

typedef struct {
    double x, y, z;
} Vector;
typedef struct {
    Vector centre, colour;
    double radius, shine;
} Sphere;

enum { sphere_count = 20, columns = 96, rows = 72, most_bounces = 4 };
static Sphere spheres[sphere_count];

static Vector add(Vector a, Vector b) { return (Vector){a.x + b.x, a.y + b.y, a.z + b.z}; }
static Vector subtract(Vector a, Vector b) { return (Vector){a.x - b.x, a.y - b.y, a.z - b.z}; }
static Vector scale(Vector a, double by) { return (Vector){a.x * by, a.y * by, a.z * by}; }
static double dot(Vector a, Vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static Vector unit(Vector a) { return scale(a, 1 / sqrt(dot(a, a))); }

static bool meets_sphere(const Sphere* sphere, Vector from, Vector direction, double* distance)
{
    const Vector to_centre = subtract(sphere->centre, from);
    const double along = dot(to_centre, direction);
    const double inside = along * along - dot(to_centre, to_centre) + sphere->radius * sphere->radius;
    if (inside < 0) return false;
    const double root = sqrt(inside);
    *distance = along - root > 1e-6 ? along - root : along + root;
    return *distance > 1e-6;
}

static const Sphere* nearest(Vector from, Vector direction, double* distance)
{
    const Sphere* found = NULL;
    *distance = 1e30;
    for (int i = 0; i < sphere_count; ++i) {
        double d;
        if (meets_sphere(&spheres[i], from, direction, &d) && d < *distance) {
            *distance = d;
            found = &spheres[i];
        }
    }
    return found;
}

static Vector trace(Vector from, Vector direction, int bounces)
{
    const Vector light = unit((Vector){-0.4, 0.8, -0.5});
    double distance;
    const Sphere* const sphere = nearest(from, direction, &distance);
    const double floor_distance = direction.y < -1e-6 ? -from.y / direction.y : 1e30;
    if (sphere == NULL && floor_distance >= 1e30) return scale((Vector){0.5, 0.7, 1}, 0.5 + 0.5 * direction.y);
    const bool is_floor = floor_distance < distance;
    const Vector at = add(from, scale(direction, is_floor ? floor_distance : distance));
    const Vector normal = is_floor ? (Vector){0, 1, 0} : unit(subtract(at, sphere->centre));
    const bool is_dark = ((int)floor(at.x) + (int)floor(at.z)) & 1;
    Vector colour = is_floor ? scale((Vector){1, 1, 1}, is_dark ? 0.2 : 0.9) : sphere->colour;
    double ignored;
    double brightness = 0.15;
    if (dot(normal, light) > 0 && nearest(at, light, &ignored) == NULL) brightness += 0.85 * dot(normal, light);
    colour = scale(colour, brightness);
    const double shine = is_floor ? 0.1 : sphere->shine;
    if (bounces == 0 || shine <= 0) return colour;
    const Vector reflected = subtract(direction, scale(normal, 2 * dot(normal, direction)));
    return add(scale(colour, 1 - shine), scale(trace(at, reflected, bounces - 1), shine));
}

static uint64_t kernel(uint32_t iterations)
{
    uint64_t sum = 0, state = 5;
    for (int i = 0; i < sphere_count; ++i) {
        const uint64_t r = next_random(&state);
        const double radius = 0.3 + (double)(r & 255) / 400;
        spheres[i] =
            (Sphere){.centre = {(double)(r >> 8 & 255) / 32 - 4, radius, (double)(r >> 16 & 255) / 32 + 1},
                     .colour = {(double)(r >> 24 & 255) / 255, (double)(r >> 32 & 255) / 255, (double)(r >> 40 & 255) / 255},
                     .radius = radius,
                     .shine = (double)(r >> 48 & 3) / 5};
    }
    for (uint32_t i = 0; i < iterations; ++i) {
        const Vector eye = {0, 1.5 + (double)(i % 16) / 16, -4};
        for (int row = 0; row < rows; ++row)
            for (int column = 0; column < columns; ++column) {
                const Vector direction = unit((Vector){(column - columns / 2.0) / rows, (rows / 2.0 - row) / rows, 1});
                const Vector colour = trace(eye, direction, most_bounces);
                sum = mix(sum, (uint64_t)(colour.x * 255) << 16 | (uint64_t)(colour.y * 255) << 8 | (uint64_t)(colour.z * 255));
            }
    }
    return sum;
}
