"""The Aliyun (阿里云) background replacement: `Aliyun`."""

from .provider import Aliyun

__all__ = ["Aliyun"]
