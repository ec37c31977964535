"""What the sandbox's chat models say: templates that follow the words asked, and what can be seen of files."""

from __future__ import annotations

import ast
import operator
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .chatting_prompts import CJK, improve
from .chatting_sight import CHINESE_COLOURS, Look, describe

_IMPROVES = re.compile(
    r"\b(improv|enhanc|rewrit|refin|expand|polish|enrich)\w*\b[^.\n]{0,80}\bprompts?\b"
    r"|\bprompts?\b[^\n]{0,60}\b(improv|enhanc|rewrit|refin|expand|polish|enrich|richer|better)\w*"
    r"|(改进|优化|润色|丰富|扩写|改写|完善)[^。\n]{0,20}(提示词|提示语|描述词)"
    r"|(提示词|提示语|描述词)[^。\n]{0,20}(改进|优化|润色|丰富|扩写|改写|完善|更好)",
    re.IGNORECASE,
)
_DESCRIBES = re.compile(
    r"\bdescri(?:be|ption)|\bcaption|what (?:is|are|do|does)\b|描述|形容|看到|讲了什么|有什么", re.IGNORECASE
)
_LEAD = re.compile(
    r"^\s*(?:(?:please|kindly)\s+)?(?:improv|enhanc|rewrit|refin|expand|polish|enrich)\w*[^:\n]{0,80}:\s*"
    r"|^\s*(?:请)?(?:帮我|帮忙)?(?:改进|优化|润色|丰富|扩写|改写|完善)[^：:\n]{0,30}[：:]\s*"
    r"|^\s*(?:prompt|提示词)\s*[：:]\s*",
    re.IGNORECASE,
)
_FILM = re.compile(r"\b(video|film|clip|movie|footage)\b|视频|影片|短片", re.IGNORECASE)
_GREETING = re.compile(
    r"^\W*(hi|hello|hey|good (morning|afternoon|evening)|你好|您好|嗨|早上好|下午好|晚上好)"
    r"[\s\w，,]{0,12}[!！.。?？]*$",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"[?？]\s*$|^(how|why|what|when|where|who|which|can|should)\b|怎么|如何|为什么|什么|吗|呢", re.IGNORECASE
)
_SUM = re.compile(r"(?<![\w.])\(*-?\d[\d\s.()]*(?:[-+*/×÷]\s*\(*-?\d[\d\s.()]*)+")
_IN_CHINESE = re.compile(
    r"\b(?:answer|reply|respond|write|describe|speak)\w*\b[^.\n]{0,60}\b(?:simplified )?chinese\b(?!,? or)"
    r"|\bin (?:simplified )?chinese\b(?!,? or)|用(?:简体)?中文|(?:简体)?中文回答",
    re.IGNORECASE,
)
_IN_ENGLISH = re.compile(
    r"\b(?:answer|reply|respond|write|describe|speak)\w*\b[^.\n]{0,60}(?<!or )\benglish\b(?!,? or)"
    r"|(?<!or )\bin english\b(?!,? or)|用英文|英文回答",
    re.IGNORECASE,
)
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True)
class Said:
    """One message: ``looks`` are what its files show."""

    role: str
    text: str
    looks: tuple[Look, ...] = ()


def speaks_chinese(conversation: Sequence[Said]) -> bool:
    """The language that is asked for, else that of the last words of the person, else of the instructions."""
    told = " ".join(said.text for said in conversation if said.role in ("system", "user"))
    chinese, english = _IN_CHINESE.search(told) is not None, _IN_ENGLISH.search(told) is not None
    if chinese != english:
        return chinese
    for role in ("user", "system"):
        for said in reversed(conversation):
            if said.role == role and re.search(r"[A-Za-z\u3400-\u9fff]", said.text):
                return CJK.search(said.text) is not None
    return False


def wants_better_prompt(conversation: Sequence[Said]) -> bool:
    instructions = [said.text for said in conversation if said.role == "system"]
    return any(_IMPROVES.search(text) for text in (*instructions, _last(conversation, "user").text))


def answer(conversation: Sequence[Said]) -> str:
    """The same conversation gets the same answer."""
    last = conversation[-1]
    if last.role == "assistant":
        return _continued(conversation)
    if last.role == "tool":
        result = last.text.strip() or "{}"
        return f"工具给出的结果是：{result}" if speaks_chinese(conversation) else f"The tool answers: {result}"
    asked = _last(conversation, "user")
    chinese = speaks_chinese(conversation)
    told = " ".join(said.text for said in conversation if said.role == "system")
    shown = bool(asked.looks) and (not asked.text.strip() or _DESCRIBES.search(f"{told} {asked.text}") is not None)
    if wants_better_prompt(conversation) and not shown:
        return _better_prompt(conversation, asked)
    if asked.looks:
        return _described(asked.looks, chinese)
    if _GREETING.match(asked.text):
        return "你好！有什么我可以帮你的吗？" if chinese else "Hello! How can I help you today?"
    if (total := _total(asked.text)) is not None:
        return total
    return _sentence(asked.text or conversation[0].text, chinese)


def thoughts(conversation: Sequence[Said], said: str) -> str:
    """What was considered before that was said."""
    asked = _last(conversation, "user")
    topic = _topic(asked.text)
    if speaks_chinese(conversation):
        seen = f"随附了{len(asked.looks)}个文件，先看清画面的颜色和光线。" if asked.looks else ""
        return f"用户说的是“{topic}”。{seen}先弄清对方想要什么，再给出简洁的回答，大约{len(said)}个字。"
    seen = "Files came with it, so I look at their colours and light first. " if asked.looks else ""
    return (
        f"The person says “{topic}”. {seen}I work out what is wanted and answer it plainly, "
        f"in about {len(said.split())} words."
    )


def _last(conversation: Sequence[Said], role: str) -> Said:
    return next((said for said in reversed(conversation) if said.role == role), Said(role, ""))


def _better_prompt(conversation: Sequence[Said], asked: Said) -> str:
    text = asked.text
    if _IMPROVES.search(text) and "\n" in text.strip():
        text = _LEAD.sub("", text.strip().split("\n", 1)[1].strip())
    text = _LEAD.sub("", text).strip().strip("\"“”'")
    told = " ".join(said.text for said in conversation if said.role == "system")
    film = _FILM.search(told) is not None and re.search(r"\bimages?\b|\bpictures?\b|图片|图像", told) is None
    names = [name for look in asked.looks for name in look.colour_names]
    chinese = CJK.search(text) is not None
    colours = list(dict.fromkeys(CHINESE_COLOURS[name] if chinese else name for name in names))[:4]
    return improve(text, film=film, colours=colours)


def _described(looks: Sequence[Look], chinese: bool) -> str:
    if len(looks) == 1:
        return describe(looks[0], chinese=chinese)
    lead = "第{}个：{}" if chinese else "{}. {}"
    return "\n".join(lead.format(number, describe(look, chinese=chinese)) for number, look in enumerate(looks, 1))


def _continued(conversation: Sequence[Said]) -> str:
    """Goes on where the assistant's last words end."""
    begun = conversation[-1].text
    asked = _last(conversation, "user").text
    if (total := _total(asked)) is not None and begun.rstrip().endswith(("=", ":", "：", "is")):
        return f" {total}"
    return _sentence(asked or begun, speaks_chinese(conversation))


def _total(text: str) -> str | None:
    """The value of the one sum that the words hold."""
    match = _SUM.search(text)
    if match is None or len(match[0]) > 80:
        return None
    try:
        tree = ast.parse(match[0].strip().replace("×", "*").replace("÷", "/"), mode="eval")
        return f"{_value(tree.body):.10g}"
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError):
        return None


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError("not a sum")


def _topic(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "…"


def _sentence(text: str, chinese: bool) -> str:
    topic = _topic(text).rstrip("?？.。!！")
    choice = zlib.crc32(text.encode()) % 2
    if chinese:
        if _QUESTION.search(text.strip()):
            return (
                f"关于“{topic}”，先想清楚最想让人看到什么，再决定哪些可以退到背景里，最后多试两三个版本，留下最清楚的一个。",
                f"“{topic}”可以分三步来看：先定主体，再定光线和色调，最后检查细节是否都在为主体服务。",
            )[choice]
        return f"明白了，{topic}。接下来可以说说它发生在哪里、是什么时间、给人什么感觉，这样画面会更具体。"
    if _QUESTION.search(text.strip()):
        return (
            f"For “{topic}”, decide first what should be noticed, then what may stay in the background, "
            "and try two or three versions before you keep the clearest one.",
            f"“{topic}” is best taken in three steps: settle the subject, then the light and the colours, "
            "and at last make sure that every detail serves the subject.",
        )[choice]
    return (
        f"Understood: {topic}. It helps to say where it happens, at what time of day and how it should feel; "
        "the rest follows from there."
    )
