#include "host/trace/decode.hpp"

#include "base/printable.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

namespace weir::trace {

namespace {

using host::GuestMemory;
using runtime::HostParameter;
using runtime::HostType;
using Kind = HostParameter::Kind;

constexpr uint64_t unlimited = std::numeric_limits<uint64_t>::max();

/// Takes the first word and the space behind it off `words`.
std::string_view take_word(std::string_view& words)
{
    const size_t space = words.find(' ');
    const std::string_view first = words.substr(0, space);
    words = space == std::string_view::npos ? std::string_view{} : words.substr(space + 1);
    return first;
}

uint64_t little_endian(std::span<const std::byte> bytes)
{
    uint64_t value = 0;
    std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
    return value;
}

int64_t sign_extended(uint64_t value, size_t size_bytes)
{
    const unsigned unused_bits = static_cast<unsigned>(64 - 8 * std::min<size_t>(size_bytes, 8));
    return static_cast<int64_t>(value << unused_bits) >> unused_bits;
}

Shown enumerator(uint64_t value, std::string_view words)
{
    for (uint64_t i = 0; !words.empty() && i <= value; ++i)
        if (const std::string_view word = take_word(words); i == value && !word.empty())
            return {.kind = Shown::Kind::word, .number = value, .text = std::string{word}};
    return {.kind = Shown::Kind::number, .number = value};
}

Shown set(uint64_t value, std::string_view words)
{
    Shown shown{.kind = Shown::Kind::words};
    for (uint64_t bit = 1; !words.empty() && bit != 0; bit <<= 1) {
        shown.items.push_back({.name = std::string{take_word(words)}, .number = (value & bit) != 0 ? 1U : 0U});
        value &= ~bit;
    }
    shown.number = value;
    return shown;
}

Shown scalar(const HostType& type, uint64_t value)
{
    switch (type.form) {
    case HostType::Form::enumeration: return enumerator(value, type.words);
    case HostType::Form::flags: return set(value, type.words);
    case HostType::Form::signed_number:
        return {.kind = Shown::Kind::signed_number, .number = static_cast<uint64_t>(sign_extended(value, type.size_bytes))};
    default: return {.kind = Shown::Kind::number, .number = value};
    }
}

bool has_word(std::string_view words, std::string_view wanted)
{
    while (!words.empty())
        if (take_word(words) == wanted) return true;
    return false;
}

/// Whether what was stored, an enumeration, says beside the function's status that it has stored nothing else: one that could say "ok".
bool is_refusal(const HostType& type, const Shown& stored)
{
    return type.form == HostType::Form::enumeration && has_word(type.words, "ok") && stored.text != "ok";
}

/// A value in guest memory, already copied out of it.
Shown value_of(const HostType& type, std::span<const std::byte> bytes)
{
    if (type.form != HostType::Form::record) return scalar(type, little_endian(bytes));
    Shown record{.kind = Shown::Kind::record};
    const auto tag = static_cast<int16_t>(type.tag_offset_bytes < bytes.size() ? bytes[type.tag_offset_bytes] : std::byte{0});
    std::string_view words = type.words;
    for (const runtime::HostField& field : type.fields) {
        const std::string_view word = take_word(words);
        if (field.when >= 0 && field.when != tag) continue;
        if (size_t{field.offset_bytes} + field.type->size_bytes > bytes.size()) continue;
        record.items.push_back(value_of(*field.type, bytes.subspan(field.offset_bytes, field.type->size_bytes)));
        record.items.back().name = word;
    }
    return record;
}

Shown bad(uint64_t address, uint64_t size_bytes)
{
    return {.kind = Shown::Kind::bad_address, .number = size_bytes, .address = address};
}

std::vector<std::byte> copy_of(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

std::string_view as_text(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Shown data(std::span<const std::byte> bytes, size_t shown_bytes, Shown::Kind kind)
{
    // A copy, of what is shown and a character more: so that it is read once.
    const std::vector<std::byte> copied = copy_of(bytes.first(std::min(bytes.size(), shown_bytes + 4)));
    return {.kind = kind, .number = bytes.size(), .text = printable(as_text(copied), shown_bytes)};
}

/// Buffers that a list in guest memory names, as one.
Shown gathered(const GuestMemory& memory, std::span<const std::byte> list, uint64_t limit)
{
    std::vector<std::byte> first;
    uint64_t total = 0;
    uint32_t buffers = 0;
    for (size_t at = 0; at + 8 <= list.size(); at += 8, ++buffers) {
        const uint64_t address = little_endian(list.subspan(at, 4)), size = little_endian(list.subspan(at + 4, 4));
        const auto range = memory.range(address, size);
        if (!range) return bad(address, size);
        const uint64_t used = std::min(size, limit - std::min(limit, total));
        total += used;
        const size_t room = shown_data_bytes + 4 - std::min(shown_data_bytes + 4, first.size());
        first.insert(first.end(), range->begin(), range->begin() + static_cast<ptrdiff_t>(std::min<uint64_t>(room, used)));
    }
    return {.kind = Shown::Kind::data, .number = total, .text = printable(as_text(first), shown_data_bytes), .buffers = buffers};
}

Shown list_of(const HostType& type, std::span<const std::byte> bytes, uint64_t count)
{
    const std::vector<std::byte> copied = copy_of(bytes);
    Shown list{.kind = Shown::Kind::list, .number = count};
    for (size_t i = 0; (i + 1) * type.size_bytes <= copied.size(); ++i)
        list.items.push_back(value_of(type, std::span{copied}.subspan(i * type.size_bytes, type.size_bytes)));
    return list;
}

/// `count` of a type in guest memory; of bytes, texts and buffers no more than `limit` bytes.
Shown elements(const GuestMemory& memory, const HostType& type, uint64_t address, uint64_t count, uint64_t limit)
{
    const uint64_t size_bytes = count * type.size_bytes;
    const auto range = memory.range(address, size_bytes);
    if (!range) return bad(address, size_bytes);
    switch (type.form) {
    case HostType::Form::character:
        return data(range->first(std::min<uint64_t>(limit, range->size())), shown_text_bytes, Shown::Kind::text);
    case HostType::Form::byte:
        return data(range->first(std::min<uint64_t>(limit, range->size())), shown_data_bytes, Shown::Kind::data);
    case HostType::Form::buffer: {
        // Which buffers there are is read once; hosts take no more of them than IOV_MAX.
        constexpr uint64_t most_buffers = 1024;
        const std::vector<std::byte> list = copy_of(range->first(std::min(count, most_buffers) * type.size_bytes));
        return gathered(memory, list, limit);
    }
    default: return list_of(type, range->first(std::min<uint64_t>(count, shown_elements) * type.size_bytes), count);
    }
}

}  // namespace

Decoder::Decoder(std::string_view module, const runtime::HostFunction& function) : m_module(module), m_function(function)
{
    std::string_view rest = function.parameter_names;
    std::vector<std::string_view> counts;
    for (size_t i = 0; i < function.params.size(); ++i) {
        std::string_view word = take_word(rest);
        Name name;
        name.is_output = word.starts_with('>');
        if (name.is_output) word.remove_prefix(1);
        const size_t bracket = word.find('[');
        counts.push_back(bracket == std::string_view::npos ? std::string_view{}
                                                           : word.substr(bracket + 1, word.size() - bracket - 2));
        name.text = word.substr(0, bracket);
        m_names.push_back(name);
    }
    for (size_t i = 0; i < m_names.size(); ++i) {
        const auto found = std::ranges::find(m_names, counts[i], &Name::text);
        if (!counts[i].empty() && found != m_names.end()) m_names[i].count = static_cast<size_t>(found - m_names.begin());
    }
}

uint64_t Decoder::count_for(const GuestMemory& memory, const runtime::Value* arguments, size_t i) const
{
    const size_t at = m_names[i].count;
    if (at == none) return unlimited;
    const HostParameter& count = m_function.parameters[at];
    if (count.kind != Kind::result && count.kind != Kind::pointer) return arguments[at].i32;
    const auto stored = memory.range(arguments[at].i32, count.type->size_bytes);
    return stored ? little_endian(*stored) : 0;
}

Shown Decoder::argument(const GuestMemory& memory, const runtime::Value* arguments, size_t i, uint64_t limit) const
{
    if (m_function.parameters.size() <= i) {  // of a table that describes nothing
        const wasm::ValType type = m_function.params[i];
        const bool is_narrow = type == wasm::i32 || type == wasm::f32;
        return {.kind = Shown::Kind::number, .number = is_narrow ? arguments[i].i32 : arguments[i].i64};
    }
    const HostParameter& parameter = m_function.parameters[i];
    const bool is_wide = m_function.params[i] == wasm::i64;
    switch (parameter.kind) {
    case Kind::value: return scalar(*parameter.type, is_wide ? arguments[i].i64 : arguments[i].i32);
    case Kind::span: return elements(memory, *parameter.type, arguments[i].i32, arguments[i + 1].i32, limit);
    case Kind::pointer:
        if (limit != unlimited) return elements(memory, *parameter.type, arguments[i].i32, limit, unlimited);
        return {.kind = Shown::Kind::address, .address = arguments[i].i32};
    default: return {.kind = Shown::Kind::address, .address = arguments[i].i32};
    }
}

ShownCall Decoder::before(const GuestMemory& memory, const runtime::Value* values) const
{
    ShownCall call;
    call.module = m_module;
    call.function = m_function.name;
    for (size_t i = 0; i < m_function.params.size(); ++i) {
        const bool is_described = i < m_function.parameters.size();
        const Kind kind = is_described ? m_function.parameters[i].kind : Kind::value;
        if (kind == Kind::length) continue;
        Shown shown;
        if (kind == Kind::result) {
            const HostType& type = *m_function.parameters[i].type;
            if (memory.range(values[i].i32, type.size_bytes)) continue;  // what is stored there will be shown as the result
            shown = bad(values[i].i32, type.size_bytes);
        } else if (m_names[i].is_output) {
            shown = {.kind = Shown::Kind::address, .address = values[i].i32};  // filled in later
        } else {
            shown = argument(memory, values, i, m_names[i].count == none ? unlimited : count_for(memory, values, i));
        }
        shown.name = m_names[i].text;
        call.arguments.push_back(std::move(shown));
    }
    return call;
}

void Decoder::after(ShownCall& call, const GuestMemory& memory, const runtime::Value* arguments, const runtime::Value* values,
                    bool has_returned) const
{
    call.has_returned = has_returned;
    if (!has_returned) return;
    if (m_function.status != nullptr) {
        const Shown status = scalar(*m_function.status, values[0].i32);
        call.status = status.kind == Shown::Kind::word ? status.text : std::to_string(status.number);
        call.is_error = is_error(values);
    }
    bool has_filled = !call.is_error;
    const size_t described = std::min(m_function.params.size(), m_function.parameters.size());
    for (size_t i = 0; i < described && !call.is_error; ++i) {
        const HostParameter& parameter = m_function.parameters[i];
        if (parameter.kind != Kind::result && parameter.kind != Kind::pointer) continue;
        const auto range = memory.range(arguments[i].i32, parameter.type->size_bytes);
        if (!range) continue;
        Shown stored = value_of(*parameter.type, copy_of(*range));
        stored.name = m_names[i].text;
        if (is_refusal(*parameter.type, stored)) {
            has_filled = false;
            call.results.clear();
        } else if (parameter.kind == Kind::pointer) {
            continue;
        }
        call.results.push_back(std::move(stored));
        if (!has_filled) break;
    }
    for (size_t i = 0; i < described; ++i) {
        if (!m_names[i].is_output) continue;
        const auto shown = std::ranges::find(call.arguments, m_names[i].text, &Shown::name);
        if (shown == call.arguments.end()) continue;
        Shown filled = argument(memory, arguments, i, has_filled ? count_for(memory, arguments, i) : 0);
        filled.name = m_names[i].text;
        // Of what a call that failed was to fill only a wrong place says something.
        if (has_filled || filled.kind == Shown::Kind::bad_address) *shown = std::move(filled);
    }
    if (m_function.status == nullptr && !m_function.results.empty())
        call.results.push_back(
            {.kind = Shown::Kind::number, .number = m_function.results[0] == wasm::i64 ? values[0].i64 : values[0].i32});
}

}  // namespace weir::trace
